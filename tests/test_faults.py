"""A cell's process that fails, dies, hangs or is stopped: a row with a reason, and nothing measured is lost."""

import json
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from foundry_exp.records import run_folder
from foundry_exp.records.run_result import RunResult
from tests.conftest import SCRIPTED, Run, clean_environment, command

pytestmark = pytest.mark.real

DEADLINE_S = 60


def only_cell(folder: Path) -> Path:
    cells = [path.parent for path in folder.glob("mlruns/runs/*/*/config.yaml")]
    assert len(cells) == 1
    return cells[0]


def result_of(folder: Path) -> RunResult:
    return run_folder.read_result(only_cell(folder))


def test_a_model_that_cannot_be_loaded_is_a_failed_row(run: Run, tmp_path: Path) -> None:
    done = run(*SCRIPTED, "backend.fault=load")
    assert done.returncode == 1
    result = result_of(tmp_path)
    assert result.status == "failed"
    assert "loading fails" in str(result.reason)
    assert "failed" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_a_process_that_dies_keeps_what_was_measured(run: Run, tmp_path: Path) -> None:
    done = run(*SCRIPTED, "backend.fault=crash", "backend.fault_every=6", "workload.warmup=0")
    assert done.returncode == 1
    result = result_of(tmp_path)
    assert result.status == "failed"
    assert "died while request 6 of 12" in str(result.reason)
    assert len(run_folder.read_records(only_cell(tmp_path))) == 5
    assert (only_cell(tmp_path) / "report.md").exists()


def test_a_process_that_hangs_in_loading_is_ended(run: Run, tmp_path: Path) -> None:
    done = run(*SCRIPTED, "backend.fault=load_hang", "workload.load_timeout_s=1")
    assert done.returncode == 1
    assert "hung" in str(result_of(tmp_path).reason)
    assert "loading the model" in str(result_of(tmp_path).reason)


def test_failed_requests_are_counted_and_kept_out_of_latencies(run: Run, tmp_path: Path) -> None:
    done = run(*SCRIPTED, "backend.fault=stream_error", "backend.fault_every=7", "workload.warmup=0")
    result = result_of(tmp_path)
    assert (done.returncode, result.status) == (1, "partial")
    assert result.metrics["error_rate"] == pytest.approx(1 / 12)
    assert result.metrics["e2e_ms"]["n"] == 11
    assert run(*SCRIPTED, "backend.fault=stream_error", "backend.fault_every=7", "max_error_rate=0.5").returncode == 0


def test_when_every_request_fails_the_cell_failed(run: Run, tmp_path: Path) -> None:
    assert run(*SCRIPTED, "backend.fault=connect", "max_error_rate=1.0").returncode == 1
    result = result_of(tmp_path)
    assert result.status == "failed"
    assert result.metrics["e2e_ms"] is None
    assert result.missing["e2e_ms"]


def test_a_sweep_goes_on_after_a_failed_cell(run: Run, tmp_path: Path) -> None:
    done = run(*SCRIPTED, "-m", "backend.fault=null,crash,null", "workload.rounds=1")
    assert done.returncode == 1
    statuses = [
        run_folder.read_result(path.parent).status for path in sorted(tmp_path.glob("mlruns/runs/*/*/run.json"))
    ]
    assert sorted(statuses) == ["failed", "ok", "ok"]
    report = next(tmp_path.glob("mlruns/runs/*/report.md")).read_text(encoding="utf-8")
    assert "died while" in report


def started(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        command([*SCRIPTED, *arguments]), cwd=folder, env=clean_environment(), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def when(folder: Path, pattern: str, lines: int = 1) -> Path:
    """The first file of that name with so many lines, as soon as there is one."""
    deadline_s = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline_s:
        for path in folder.glob(pattern):
            if path.read_bytes().count(b"\n") >= lines:
                return path
        time.sleep(0.02)
    pytest.fail(f"no {pattern} with {lines} lines within {DEADLINE_S} s")


SLOW = ("backend.ttft_ms=150", "workload.rounds=50", "workload.warmup=0")


def test_ctrl_c_ends_the_request_keeps_everything_and_exits_130(tmp_path: Path) -> None:
    process = started(tmp_path, *SLOW)
    records = when(tmp_path, "mlruns/runs/*/*/records.jsonl", lines=3)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 130
    assert "Traceback" not in out + err
    result = run_folder.read_result(records.parent)
    assert result.status == "interrupted"
    kept = run_folder.read_records(records.parent)
    assert len(kept) >= 3
    assert all(record.error is None for record in kept), "the request in flight was cut off"
    assert (records.parent / "report.md").exists()


def test_ctrl_c_stops_the_rest_of_a_sweep(tmp_path: Path) -> None:
    process = started(tmp_path, *SLOW, "-m", "generation.max_tokens=5,6,7")
    when(tmp_path, "mlruns/runs/*/*/records.jsonl", lines=2)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 130
    assert len(list(tmp_path.glob("mlruns/runs/*/*/run.json"))) == 1
    assert list(tmp_path.glob("mlruns/runs/*/report.md"))


def test_a_second_ctrl_c_ends_at_once_and_stays_consistent(tmp_path: Path) -> None:
    process = started(tmp_path, "backend.fault=hang", "backend.fault_every=3", "workload.warmup=0")
    records = when(tmp_path, "mlruns/runs/*/*/records.jsonl", lines=2)
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)  # two signals at one instant are one
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 130
    assert run_folder.read_result(records.parent).status == "interrupted"
    assert len(run_folder.read_records(records.parent)) == 2


def test_a_killed_parent_leaves_no_child_and_readable_records(tmp_path: Path) -> None:
    process = started(tmp_path, *SLOW)
    records = when(tmp_path, "mlruns/runs/*/*/records.jsonl", lines=2)
    children = psutil.Process(process.pid).children(recursive=True)
    assert children, "the cell has no process of its own"
    process.kill()
    process.communicate(timeout=DEADLINE_S)
    _, alive = psutil.wait_procs(children, timeout=DEADLINE_S)
    assert not alive
    assert len(run_folder.read_records(records.parent)) >= 2
    assert not (records.parent / "run.json").exists(), "a run that did not finish says that it did"


def test_a_line_cut_off_by_a_kill_is_left_out(tmp_path: Path, run: Run) -> None:
    run(*SCRIPTED, "workload.rounds=1")
    cell = only_cell(tmp_path)
    whole = run_folder.read_records(cell)
    path = cell / "records.jsonl"
    path.write_bytes(path.read_bytes()[:-40])
    assert run_folder.read_records(cell) == whole[:-1]


def test_what_is_written_is_json_that_anything_reads(tmp_path: Path, run: Run) -> None:
    run(*SCRIPTED, "workload.rounds=1")

    def refuse(constant: str) -> Any:
        pytest.fail(f"{constant} is no JSON")

    json.loads((only_cell(tmp_path) / "run.json").read_text(encoding="utf-8"), parse_constant=refuse)
