"""A process that was killed for want of memory is named so, with models that take less."""

import os
import subprocess
from pathlib import Path

import psutil
import pytest

from foundry_exp.config import compose
from foundry_exp.config.plan import plan
from foundry_exp.measure import failure_cause
from foundry_exp.records import run_folder
from tests.conftest import SCRIPTED, clean_environment, command, native
from tests.test_faults import when

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")


def cause(code: int, *overrides: str) -> str:
    job = compose.jobs(list(overrides), multirun=False)[0][0]
    return failure_cause.cause(code, plan(compose.plain(job.config), "cell", "sweep"))


def own_locks(folder: Path) -> str:
    """So that whoever measures on this machine meanwhile is not waited for."""
    return f"device_lock.folder={folder / 'locks'}"


@pytest.mark.slow
@pytest.mark.parametrize("code", [-9, 137])
def test_a_kill_for_memory_offers_the_next_smaller_models(code: int) -> None:
    said = cause(code, "model=phi-4-mini")
    assert "want of memory" in said
    assert "take a smaller model (mistral-7b (4370 MB), " in said
    assert "gpt-oss-20b" not in said


@pytest.mark.slow
def test_a_crash_of_native_code_is_told_apart() -> None:
    assert "native crash, signal 11" in cause(-11, "model=phi-4-mini")
    assert "exit code 3" in cause(3, "model=phi-4-mini")


@pytest.mark.real
def test_a_cell_that_is_killed_says_so_in_its_row(tmp_path: Path) -> None:
    process = subprocess.Popen(
        command([*SCRIPTED, "backend.ttft_ms=150", "workload.rounds=50", "workload.warmup=0", own_locks(tmp_path)]),
        cwd=tmp_path, env=clean_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    records = when(tmp_path, "mlruns/runs/*/*/records.jsonl", lines=2)
    (held,) = psutil.Process(process.pid).children()
    held.kill()
    assert process.wait(60) == 1
    result = run_folder.read_result(records.parent)
    assert result.status == "failed"
    assert "want of memory: close other programs, take a smaller model" in (result.reason or "")


@pytest.mark.real
def test_a_service_that_is_killed_fails_its_cell_instead_of_every_request_that_is_left(tmp_path: Path) -> None:
    asked = ("model=demo-small", "backend=service", "accel=cpu", "tracker=none", "workload.rounds=500")
    process = subprocess.Popen(
        command([*asked, own_locks(tmp_path), *native(tmp_path)]),
        cwd=tmp_path, env=clean_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    records = when(tmp_path, "mlruns/runs/*/*/records.jsonl", lines=6)
    below = psutil.Process(process.pid).children(recursive=True)
    (service,) = [one for one in below if "foundry_exp.runtime.http.serve" in one.cmdline()]
    service.kill()
    assert process.wait(60) == 1
    result = run_folder.read_result(records.parent)
    assert result.status == "failed"
    assert "the service that held the model died" in (result.reason or "")
    assert "want of memory: close other programs" in (result.reason or "")
    assert sum(record.error is not None for record in run_folder.read_records(records.parent)) <= 2
