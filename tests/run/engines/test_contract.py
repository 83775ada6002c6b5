"""What every engine keeps to: the same cell comes to the same outcome, records and files."""

import json
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from foundry_exp import target
from foundry_exp.config import compose
from foundry_exp.config.plan import plan
from foundry_exp.measure.attempts import ATTEMPTS_FILE, Attempt
from foundry_exp.measure.cell import Cell
from foundry_exp.measure.outcome import Outcome
from foundry_exp.records import record_json, record_log, run_folder
from foundry_exp.records.config_json import plain
from foundry_exp.run import one_cell
from foundry_exp.run.engines import Engine
from tests.conftest import SCRIPTED
from tests.record_factory import make_record
from tests.run.engines.conftest import Nodes

pytestmark = pytest.mark.real

PROMPTS, ROUNDS = 4, 2
Measure = Callable[..., tuple[Cell, Outcome, list[dict[str, Any]]]]


@pytest.fixture(params=["local", "ray"])
def measure(request: pytest.FixtureRequest, tmp_path: Path) -> Measure:
    """`measure("key=value")`: the cell, how it went, and the steps that were told."""
    chosen = ["engine=local"]
    if request.param == "ray":
        nodes: Nodes = request.getfixturevalue("nodes")
        chosen = ["engine=ray", f"engine.address={nodes.address}"]

    def start(*overrides: str, attempt: int = 0, before: bytes = b"") -> tuple[Cell, Outcome, list[dict[str, Any]]]:
        fixed = [
            f"workload.rounds={ROUNDS}",
            f"output_dir={tmp_path}",
            f"device_lock.folder={tmp_path / 'locks'}",
            "prompts=workshop",
        ]
        every_job, _ = compose.jobs([*SCRIPTED, *chosen, *fixed, *overrides], multirun=False)
        cell = plan(compose.plain(every_job[0].config), "cell", "sweep")
        engine: Engine = target.build(plain(cell.config.engine), "engine")
        engine.check([cell])
        cell.folder.mkdir(parents=True)
        one_cell.prepare(cell)
        if before:
            (cell.folder / record_log.RECORDS_FILE).write_bytes(before)
        steps: list[dict[str, Any]] = []
        return cell, engine.measure(cell, Attempt(attempt, "2026-12-01T12:00:00+00:00"), steps.append), steps

    return start


def test_cell_is_measured_into_its_folder(measure: Measure) -> None:
    cell, outcome, _ = measure()
    assert (outcome.ending, outcome.reason, outcome.warnings) == ("done", None, ())
    assert outcome.load_s is not None
    assert outcome.rss_loaded_mb is not None
    records = run_folder.read_records(cell.folder)
    assert len([record for record in records if record.phase == "measure"]) == PROMPTS * ROUNDS
    assert {record.text for record in records} == {cell.config.backend.arguments["answer"]}
    assert {record.attempt for record in records} == {0}
    assert {path.name for path in cell.folder.iterdir()} == {
        ATTEMPTS_FILE,
        run_folder.CONFIG_FILE, run_folder.ENVIRONMENT_FILE, run_folder.PROMPTS_FILE, record_log.RECORDS_FILE,
        run_folder.RUNTIME_LOG,
    }  # fmt: skip


def test_environment_is_of_the_machine_that_measured(measure: Measure) -> None:
    cell, _, _ = measure()
    machine = json.loads((cell.folder / run_folder.ENVIRONMENT_FILE).read_text(encoding="utf-8"))
    assert machine["engine"] == cell.config.engine.name
    assert machine["host"] == platform.node()
    assert machine["memory_mb"] > 0
    assert "git_commit" in machine
    assert "power_source" in machine


def test_steps_arrive_whole_and_in_order(measure: Measure) -> None:
    _, _, steps = measure()
    told = [step["step"] for step in steps if step["step"] not in ("queued", "placed", "waiting")]
    assert told[:3] == ["ready", "loaded", "warming"]
    assert told[-2:] == ["unloading", "done"]
    measured = [step["number"] for step in steps if step["step"] == "answer" and step["phase"] == "measure"]
    assert measured == list(range(1, PROMPTS * ROUNDS + 1))


def test_later_attempt_adds_to_what_is_there(measure: Measure) -> None:
    earlier = record_json.to_json(make_record()) + b"\n"
    cell, _, _ = measure(attempt=3, before=earlier)
    attempts = [record.attempt for record in run_folder.read_records(cell.folder)]
    assert attempts[0] == make_record().attempt
    assert set(attempts[1:]) == {3}


@pytest.mark.parametrize(
    ("fault", "words"),
    [("load", "the script says that loading fails"), ("crash", "the process that held the model died while")],
)
def test_fault_of_the_model_is_an_outcome_with_a_reason(measure: Measure, fault: str, words: str) -> None:
    cell, outcome, _ = measure(f"backend.fault={fault}")
    assert outcome.ending == "failed"
    assert words in str(outcome.reason)
    assert (cell.folder / run_folder.RUNTIME_LOG).exists()
