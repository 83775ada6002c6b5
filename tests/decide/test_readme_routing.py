"""The README's router runs as it stands, on a routing file as `recommend` writes it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from foundry_exp.config import compose
from foundry_exp.decide import routing_file
from foundry_exp.decide.recommend import recommend
from foundry_exp.records.decision import Decision
from foundry_exp.results import candidates
from tests.conftest import absent
from tests.decide.planted import plant

pytestmark = pytest.mark.real

README = Path(__file__).parents[2] / "README.md"


@pytest.fixture
def router() -> str:
    if not README.exists():
        absent("the README lies in a checkout")
    (example,) = re.findall(r"```python\n(# route\.py\n.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL)
    return str(example)


@pytest.mark.parametrize(("budget_ms", "chosen"), [(2000, "good"), (200, "quick"), (1, "None")])
def test_it_routes_by_capability_and_time(tmp_path: Path, router: str, budget_ms: float, chosen: str) -> None:
    plant(tmp_path, name="a", model="good", points=4.5)
    plant(tmp_path, name="b", model="quick", points=3.8, slower=0.3)
    read = candidates.read([tmp_path / "sweep"], together=True)
    routing_file.write(tmp_path / "models.json", recommend(read, compose.section(Decision, "default-summarizer", [])))
    (tmp_path / "route.py").write_text(router.replace("budget_ms=2000", f"budget_ms={budget_ms}"), encoding="utf-8")
    told = subprocess.run([sys.executable, "route.py"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == chosen
