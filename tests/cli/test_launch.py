"""Several cells at once, and Ctrl-C, under a launcher that runs jobs in processes of its own."""

import subprocess
import time
from contextlib import AbstractContextManager
from importlib.util import find_spec
from pathlib import Path

import pytest

from foundry_exp.records import record_log, run_folder, runs
from foundry_exp.records.run_result import RunResult
from tests import process_group
from tests.conftest import SCRIPTED, absent

pytestmark = pytest.mark.real

WAIT_S = 120
JOBLIB = ("-m", "hydra/launcher=joblib", "hydra.launcher.n_jobs=2", *SCRIPTED)


@pytest.fixture(autouse=True)
def _need_joblib() -> None:
    if find_spec("hydra_plugins.hydra_joblib_launcher") is None:
        absent("the extra ray is not installed")


def started(folder: Path, *overrides: str) -> "AbstractContextManager[subprocess.Popen[str]]":
    return process_group.started(folder, [*JOBLIB, *overrides, f"device_lock.folder={folder / 'locks'}"])


def results(folder: Path) -> dict[str, RunResult]:
    (sweep,) = (folder / "mlruns" / "runs").iterdir()
    return {path.name: run_folder.read_result(path) for path in runs.finished_cells(sweep)}


def wait_until_one_measures_and_one_waits(folder: Path) -> None:
    """For the device, which one cell holds at a time."""
    deadline_s = time.monotonic() + WAIT_S
    while time.monotonic() < deadline_s:
        logs = folder.glob(f"mlruns/runs/*/*/{record_log.RECORDS_FILE}")
        begun = len(list(folder.glob(f"mlruns/runs/*/*/{run_folder.ENVIRONMENT_FILE}")))
        if begun == 2 and any(b'"measure"' in path.read_bytes() for path in logs):
            return
        time.sleep(0.05)
    pytest.fail((folder / "said.txt").read_text(encoding="utf-8"))


def test_every_cell_is_measured_once_and_the_sweep_is_reported(tmp_path: Path) -> None:
    with started(tmp_path, "generation.seed=1,2,3") as process:
        assert process.wait(WAIT_S) == 0, (tmp_path / "said.txt").read_text(encoding="utf-8")
    found = results(tmp_path)
    assert {name: result.status for name, result in found.items()} == dict.fromkeys(
        ("seed-1", "seed-2", "seed-3"), "ok"
    )
    assert len({result.sweep_id for result in found.values()}) == 1
    assert "seed-3" in next(tmp_path.glob("mlruns/runs/*/report.md")).read_text(encoding="utf-8")


def test_ctrl_c_ends_every_process_gently_and_starts_no_other_cell(tmp_path: Path) -> None:
    with started(tmp_path, "generation.seed=1,2,3,4", "workload.rounds=200") as process:
        wait_until_one_measures_and_one_waits(tmp_path)
        process_group.interrupt(process)
        assert process.wait(WAIT_S) == 130
    found = results(tmp_path)
    assert [result.status for result in found.values()] == ["interrupted", "interrupted"]
    kept = [record for path in tmp_path.glob("mlruns/runs/*/seed-*") for record in run_folder.read_records(path)]
    assert any(record.phase == "measure" for record in kept)
    assert all(record.error is None for record in kept)
    said = (tmp_path / "said.txt").read_text(encoding="utf-8")
    assert "Traceback" not in said
    assert "interrupted" in said
    assert "0 of 4 cells done" in said
    assert "4 of 4 cells are not finished" in said
    report = next(tmp_path.glob("mlruns/runs/*/report.md")).read_text(encoding="utf-8")
    assert "2 interrupted, 2 not begun." in report
    assert all(f" | {name} | not begun | " in report for name in {f"seed-{seed}" for seed in range(1, 5)} - set(found))
