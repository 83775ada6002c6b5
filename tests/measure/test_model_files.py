"""A row is of the model that it names: the folder is swapped at every moment of a cell, through the real runtime."""

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from foundry_exp.config import compose
from foundry_exp.config.plan import plan
from foundry_exp.errors import ConfigError
from foundry_exp.measure import attempts, child
from foundry_exp.measure.cell import Cell
from foundry_exp.measure.outcome import Outcome
from foundry_exp.records import record_log, run_folder
from foundry_exp.run import resume
from foundry_exp.runtime.models import folder
from foundry_exp.runtime.worker import Step
from tests.conftest import SCRIPTED, demo_model, native

QUICK = ("workload.rounds=1", "workload.warmup=1", "workload.warmup_limit=1", "generation.max_tokens=4")
SMALL, LARGE = (folder.files_digest(demo_model(name)) for name in ("demo-small", "demo-large"))
Swap = Callable[[Path], None]


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A model folder that others write to."""
    return Path(shutil.copytree(demo_model("demo-small"), tmp_path / "mine"))


def cell_of(home: Path, *overrides: str) -> Cell:
    wish = ["tracker=none", *QUICK, *overrides, f"output_dir={home / 'out'}", f"device_lock.folder={home / 'locks'}"]
    return plan(compose.jobs(wish, multirun=False)[0][0].plain, "cell", "sweep")


def of_mine(home: Path, mine: Path) -> Cell:
    return cell_of(home, "model=custom", f"model.path={mine}", *native(home))


def measured(cell: Cell, moment: str | None = None, does: Callable[[], None] = lambda: None) -> Outcome:
    """The cell, in whose first step of that name something is done."""
    left = [moment]

    def on_step(step: Step) -> None:
        if step["step"] in left and (step["step"] != "answer" or step["phase"] == "measure"):
            left.clear()
            does()

    cell.folder.mkdir(parents=True, exist_ok=True)
    return child.measure(cell, attempts.following(cell.folder), on_step)


def put_in_place(mine: Path) -> None:
    """As a download of another version does: every file is written anew."""
    shutil.copytree(demo_model("demo-large"), mine, dirs_exist_ok=True)


def put_in_place_unseen(mine: Path) -> None:
    """The same, of the same size and with its old time: one byte of the weights."""
    weights = mine / "model.onnx"
    before, content = weights.stat(), bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    os.utime(weights, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert weights.stat().st_mtime_ns == before.st_mtime_ns


def renamed(mine: Path) -> None:
    """The folder is another one of the same name."""
    mine.rename(mine.with_name("old"))
    shutil.copytree(demo_model("demo-large"), mine)


@pytest.mark.real
def test_a_folder_left_alone_is_known_by_its_digest(tmp_path: Path, mine: Path) -> None:
    cell = of_mine(tmp_path, mine)
    outcome = measured(cell)
    assert (outcome.ending, outcome.reason) == ("done", None)
    assert outcome.files is not None
    assert (outcome.files.path, outcome.files.digest) == (str(mine), SMALL)
    (attempt,) = attempts.read(cell.folder)
    assert attempt.files == outcome.files


@pytest.mark.real
def test_what_is_there_when_it_is_loaded_is_what_was_measured(tmp_path: Path, mine: Path) -> None:
    outcome = measured(of_mine(tmp_path, mine), "ready", lambda: put_in_place(mine))
    assert outcome.ending == "done"
    assert outcome.files is not None
    assert outcome.files.digest == LARGE


@pytest.mark.real
@pytest.mark.parametrize(
    ("moment", "swap", "requests"),
    [
        ("loaded", put_in_place, 0),
        ("answer", renamed, 4),
        ("answer", put_in_place_unseen, 4),
        ("unloading", put_in_place, 4),
    ],
)
def test_files_that_changed_since_they_were_loaded_end_the_cell(
    tmp_path: Path, mine: Path, moment: str, swap: Swap, requests: int
) -> None:
    cell = of_mine(tmp_path, mine)
    outcome = measured(cell, moment, lambda: swap(mine))
    assert outcome.ending == "failed"
    assert f"{mine}: its files changed while the model was in use (" in str(outcome.reason)
    assert "model.onnx" in str(outcome.reason)
    assert outcome.files is not None
    assert outcome.files.digest is None
    records = run_folder.read_records(cell.folder)
    assert sum(record.phase == "measure" for record in records) == requests


@pytest.mark.real
def test_a_begun_cell_does_not_go_on_with_another_model(tmp_path: Path, mine: Path) -> None:
    cell = cell_of(tmp_path, *SCRIPTED, f"model.path={mine}", "backend.realtime=false", "sweep.name=sweep")
    assert measured(cell).ending == "done"
    resume.refuse_other_model(cell)
    lines = (cell.folder / record_log.RECORDS_FILE).read_bytes().splitlines(keepends=True)
    (cell.folder / record_log.RECORDS_FILE).write_bytes(b"".join(lines[:3]))  # as after a kill
    put_in_place_unseen(mine)
    with pytest.raises(ConfigError, match=r"model.onnx was written to.*choose another sweep.name"):
        resume.refuse_other_model(cell)
    outcome = measured(cell)  # as when it is swapped after the plan was checked
    assert outcome.ending == "failed"
    assert "one row must not be of two models" in str(outcome.reason)
    assert outcome.files is not None
    assert outcome.files.digest is None, "the row's requests were answered from other files"
    assert len(run_folder.read_records(cell.folder)) == 3, "something was asked of the other model"


@pytest.mark.real
def test_a_service_that_answers_with_another_variant_ends_the_cell(tmp_path: Path) -> None:
    cell = cell_of(tmp_path, *SCRIPTED, "backend.realtime=false", "sweep.name=sweep")
    assert measured(cell).ending == "done"
    (attempt,) = attempts.read(cell.folder)
    attempts.keep(cell.folder, replace(attempt, facts={**attempt.facts, "variant": "other:1"}))
    outcome = measured(cell)
    assert outcome.ending == "failed"
    assert "earlier requests were answered by other:1" in str(outcome.reason)
