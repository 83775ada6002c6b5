"""What Hydra does on its own is not what a sweep needs: each of its traps, sprung on purpose."""

import os
from pathlib import Path

import pytest

from foundry_exp.cli import launch
from foundry_exp.config import compose
from foundry_exp.config.cells import plan_all
from foundry_exp.measure.cell import Cell
from foundry_exp.records import runs
from foundry_exp.records.run_folder import read_result
from foundry_exp.run import one_cell, sweep_folder
from tests.conftest import Run
from tests.run.test_naming import GRID, QUICK

pytestmark = pytest.mark.real

CALLBACK = """
from pathlib import Path
from hydra.experimental.callback import Callback

class Loud(Callback):
    def on_multirun_end(self, config, **kwargs):
        Path("ended").touch()

    def on_job_start(self, config, **kwargs):
        raise RuntimeError("a callback's own fault")
"""


@pytest.fixture
def loud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An override that adds a callback, whose job start raises and whose end leaves a file."""
    (tmp_path / "loud.py").write_text(CALLBACK, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    return "+hydra.callbacks.loud._target_=loud.Loud"


def test_the_end_of_a_sweep_comes_also_when_cells_failed(run: Run, tmp_path: Path, loud: str) -> None:
    done = run(*GRID, "backend.fault=load", "sweep.name=night", loud, FOUNDRY_EXP_ALLOW="loud")
    assert done.returncode == 1
    assert (tmp_path / "ended").exists(), "on_multirun_end was not called"
    assert (tmp_path / "mlruns" / "runs" / "night" / "report.md").exists()


def test_a_callback_that_raises_costs_no_cell(run: Run, tmp_path: Path, loud: str) -> None:
    assert run(*GRID, "sweep.name=night", loud, FOUNDRY_EXP_ALLOW="loud").returncode == 0
    assert len(runs.finished_cells(tmp_path / "mlruns" / "runs" / "night")) == 2


def test_a_task_that_raises_does_not_take_the_others_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    every_job, _ = compose.jobs([*QUICK, "generation.seed=1,2,3"], multirun=True)
    cells = plan_all(every_job)
    run_cell = one_cell.run

    def faulty(cell: Cell, *others: object) -> object:
        if cell.name == "seed-2":
            raise RuntimeError("a fault of the tool")
        return run_cell(cell, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(one_cell, "run", faulty)
    with sweep_folder.opened(cells, "as planned.", []) as due:
        assert launch.start(due, every_job[0], [*QUICK, "generation.seed=1,2,3"])
    finished = one_cell.finished(cells)
    assert [folder.name for folder in finished] == ["seed-1", "seed-3"]
    assert one_cell.exit_code([read_result(folder) for folder in finished], len(cells), 0.0) == 1
    assert "a fault of the tool" in capsys.readouterr().err


def test_a_wrong_value_in_the_last_job_is_told_before_the_first_starts(run: Run, tmp_path: Path) -> None:
    done = run("-m", *QUICK, "generation.max_tokens=5,6,none")
    assert done.returncode == 2
    assert not (tmp_path / "mlruns").exists()
