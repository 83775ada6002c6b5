"""The README's examples of an own runtime are whole: written to a folder as they stand, they run."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from foundry_exp.records import run_folder
from foundry_exp.records.run_result import RunResult
from tests.conftest import absent, clean_environment

pytestmark = pytest.mark.real

README = Path(__file__).parents[3] / "README.md"


@pytest.fixture
def section() -> str:
    if not README.exists():
        absent("the README lies in a checkout")
    return README.read_text(encoding="utf-8").partition("## Your own model runtime")[2].partition("\n## ")[0]


@pytest.fixture
def written(section: str, tmp_path: Path) -> list[str]:
    """The examples, each written where its first line says; and the commands that go with them."""
    for path, text in re.findall(r"```(?:python|yaml)\n# (\S+)\n(.*?)```", section, flags=re.DOTALL):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    (tmp_path / "mine" / "__init__.py").touch()
    (tmp_path / "weights.txt").write_text("Polly wants", encoding="utf-8")
    return re.findall(r"^FOUNDRY_EXP_ALLOW=mine python (-m foundry_exp .*)$", section, flags=re.MULTILINE)


def result_of(command: str, folder: Path) -> RunResult:
    done = subprocess.run(
        [sys.executable, *command.split(), "tracker=none", "workload.rounds=1"],
        cwd=folder,
        env={**clean_environment(), "FOUNDRY_EXP_ALLOW": "mine"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return run_folder.read_result(next(folder.glob("mlruns/runs/*/*/run.json")).parent)


def test_an_own_backend_class_is_measured_like_any_other(written: list[str], tmp_path: Path) -> None:
    assert len((tmp_path / "mine" / "runtime.py").read_text(encoding="utf-8").splitlines()) < 40
    result = result_of(written[0], tmp_path)
    assert (result.status, result.backend, result.model.variant) == ("ok", "parrot", "parrot:1")
    assert result.metrics["ttft_ms"]["p50"] is not None
    assert result.metrics["output_tok_per_s"]["p50"] is not None


def test_load_and_generate_are_enough(written: list[str], tmp_path: Path) -> None:
    result = result_of(written[1], tmp_path)
    assert (result.status, result.backend) == ("ok", "generate")
    assert result.metrics["e2e_ms"]["p50"] is not None
    records = run_folder.read_records(next(tmp_path.glob("mlruns/runs/*/*/records.jsonl")).parent)
    assert all(record.text.startswith("Polly wants ") for record in records)
