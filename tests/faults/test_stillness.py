"""A process that is stopped while it is measured: noticed, flagged on its requests, and in no figure."""

import subprocess
import time
from pathlib import Path

import psutil
import pytest

from foundry_exp.records import run_folder
from foundry_exp.records.record import Record
from foundry_exp.records.run_result import RunResult
from tests.conftest import SCRIPTED, clean_environment, command
from tests.test_faults import DEADLINE_S, when

pytestmark = pytest.mark.real

STOP_S = 1.4
CELL = "mlruns/runs/night"


def stopped(home: Path, module: str, *overrides: str) -> tuple[RunResult, list[Record]]:
    """A cell whose process of this module is stopped for a while in the middle of its requests."""
    night = [*overrides, "sweep.name=night", "workload.warmup=1", "workload.warmup_limit=1"]
    process = subprocess.Popen(command(night), cwd=home, env=clean_environment(), stderr=subprocess.DEVNULL)
    try:
        folder = when(home, f"{CELL}/*/records.jsonl", lines=4).parent
        family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
        victim = next(one for one in family if one.cmdline()[2:3] == [module])
        victim.suspend()
        time.sleep(STOP_S)
        victim.resume()
        assert process.wait(DEADLINE_S) == 0
    finally:
        process.kill()
        process.wait()
    return run_folder.read_result(folder), run_folder.read_records(folder)


def told(result: RunResult, records: list[Record], what: str) -> None:
    flagged = [record for record in records if record.stood_still]
    assert flagged
    assert all(what in (record.stood_still or "") for record in flagged)
    assert result.status == "ok"
    answered = len([record for record in records if record.phase == "measure"])
    assert result.metrics["e2e_ms"]["n"] == answered - len(flagged)
    assert result.metrics["e2e_ms"]["max"] < 1000 * STOP_S
    assert any(f"{len(flagged)} of {answered} requests are in no time" in warning for warning in result.warnings)
    (attempt,) = result.attempts
    assert attempt.stood_still
    assert attempt.stood_still[0].lasted_s == pytest.approx(STOP_S, abs=0.7)


SLOW = (*SCRIPTED, "backend.ttft_ms=60", "workload.rounds=12")


def test_a_stop_of_the_process_that_measures(tmp_path: Path) -> None:
    result, records = stopped(tmp_path, "foundry_exp.measure", *SLOW)
    told(result, records, "the process that runs the model was stopped")
    measured = [record for record in records if record.phase == "measure"]
    whole_s = (max(record.t_end_ns for record in measured) - min(record.t_start_ns for record in measured)) / 1e9
    least = 11 * result.metrics["e2e_ms"]["n"] / (whole_s - STOP_S / 2)
    assert result.metrics["throughput_tok_per_s"] > least, "the stop is in it"
    assert result.metrics["energy_j"] == pytest.approx(28 * result.metrics["e2e_ms"]["n"] * 0.08, rel=0.1)


def test_a_stop_of_the_command(tmp_path: Path) -> None:
    told(*stopped(tmp_path, "foundry_exp", *SLOW), "the command stood still")


def test_a_stop_of_the_service(tmp_path: Path) -> None:
    service = ("backend=service", "model=demo-small", "tracker=none", "draw_plots=false", "workload.rounds=1")
    result, records = stopped(tmp_path, "foundry_exp.runtime.http.serve", *service)
    told(result, records, "the process that runs the model was stopped")
