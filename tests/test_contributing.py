"""The examples of CONTRIBUTING.md are whole: written to a folder as they stand, they run."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from foundry_exp.records import run_folder
from foundry_exp.records.run_result import RunResult
from tests.conftest import absent, clean_environment, command, demo_model, native

pytestmark = pytest.mark.real

PAGE = Path(__file__).parents[1] / ".github" / "CONTRIBUTING.md"
MOST_LINES = 10


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with every example where its first lines say."""
    if not PAGE.exists():
        absent("the page lies in a checkout")
    page = PAGE.read_text(encoding="utf-8")
    for text in re.findall(r"^```(?:python|yaml)\n(.*?)^```", page, flags=re.MULTILINE | re.DOTALL):
        place = re.search(r"^# ((?:conf|mine)/[\w/.]+)", text, flags=re.MULTILINE)
        assert place, f"an example without a place: {text}"
        path = tmp_path / place[1]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        code = [line for line in text.splitlines() if line and not line.startswith(("#", "from ", "import "))]
        assert len(code) < MOST_LINES
    (prompts,) = re.findall(r"^```json\n(.*?)^```", page, flags=re.MULTILINE | re.DOTALL)
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "mine.json").write_text(prompts, encoding="utf-8")
    (tmp_path / "mine" / "__init__.py").touch()
    shutil.copytree(demo_model("demo-small"), tmp_path / "models" / "mine")
    return tmp_path


def result_of(folder: Path, *overrides: str) -> RunResult:
    done = subprocess.run(
        command([*overrides, "tracker=none", "workload.rounds=1", "workload.warmup=0"]),
        cwd=folder, env={**clean_environment(), "FOUNDRY_EXP_ALLOW": "mine"},
        capture_output=True, text=True, encoding="utf-8", timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return run_folder.read_result(next(folder.glob("mlruns/runs/*/*/run.json")).parent)


def test_a_model_and_a_prompt_set(folder: Path) -> None:
    result = result_of(folder, "model=mine", "prompts=mine", *native(folder))
    assert (result.model.alias, result.status) == ("mine", "ok")
    (measured,) = folder.glob("mlruns/runs/*/*/records.jsonl")
    assert {record.sample_id for record in run_folder.read_records(measured.parent)} >= {"two"}


def test_a_scorer_and_a_backend(folder: Path) -> None:
    result = result_of(folder, "scorer=polite", "backend=parrot", "model=custom", "model.alias=me", "prompts=mine")
    assert (result.backend, result.status) == ("parrot", "ok")
    assert result.metrics["quality/polite"]["mean"] == 1.0
    assert (result.quality_source, result.metrics["quality"]["mean"]) == ("polite", 1.0)
