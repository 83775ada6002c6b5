"""What a resumed sweep does with each cell: finished ones cost a look, begun ones go on, failed ones if asked."""

import json
import os
import re
import shutil
import signal
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from foundry_exp.config import compose
from foundry_exp.config.plan import plan
from foundry_exp.errors import ConfigError, StoreError
from foundry_exp.records import run_folder
from foundry_exp.records.record import Record
from foundry_exp.run import resume
from tests.conftest import SCRIPTED, Run, clean_environment, command
from tests.test_faults import DEADLINE_S, when

SLOW = (*SCRIPTED, "backend.ttft_ms=60", "workload.rounds=5", "workload.warmup=1", "workload.warmup_limit=1")
NAMED = ("sweep.name=night", "sweep.resume=true")
MEASURED = 20
CPU_WATTS = 28.0
CELL = "mlruns/runs/night/custom"


def measured(folder: Path) -> list[Record]:
    return [record for record in run_folder.read_records(folder) if record.phase == "measure"]


def killed_after(folder: Path, lines: int, *overrides: str) -> None:
    """The sweep, whose parent is killed as soon as there are so many records."""
    process = subprocess.Popen(
        command([*SLOW, *NAMED, *overrides]), cwd=folder, env=clean_environment(), stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    when(folder, f"{CELL}/records.jsonl", lines=lines)
    children = psutil.Process(process.pid).children()
    process.kill()
    process.wait()
    psutil.wait_procs(children, timeout=DEADLINE_S)


@pytest.mark.real
def test_a_killed_cell_goes_on_from_its_records_as_a_new_attempt(run: Run, tmp_path: Path) -> None:
    killed_after(tmp_path, 6)
    before = run_folder.read_records(tmp_path / CELL)
    done = run(*SLOW, *NAMED)
    assert done.returncode == 0, done.stderr
    records = run_folder.read_records(tmp_path / CELL)
    assert records[: len(before)] == before, "a record that was there has gone"
    measured = [(record.sample_id, record.round) for record in records if record.phase == "measure"]
    assert len(measured) == len(set(measured)) == MEASURED
    assert {record.attempt for record in records} == {0, 1}
    assert next(record.phase for record in records if record.attempt == 1) == "warmup", "it did not warm up again"


@pytest.mark.real
def test_load_memory_and_time_are_kept_for_each_attempt(run: Run, tmp_path: Path) -> None:
    killed_after(tmp_path, 6)
    started_at = as_if_it_had_lasted(3600.5, tmp_path / CELL)
    assert run(*SLOW, *NAMED).returncode == 0
    result = run_folder.read_result(tmp_path / CELL)
    first, second = result.attempts
    assert (first.attempt, second.attempt) == (0, 1)
    assert first.measured + second.measured == MEASURED
    for one in (first, second):
        assert one.load_s is not None
        assert one.rss_loaded_mb is not None
        assert one.cold_ttft_ms is not None
    assert first.rss_peak_mb is None, "its watcher was killed"
    assert result.metrics["rss_peak_mb"] is None
    assert result.metrics["energy_j"] is None
    assert "attempt 0" in result.missing["rss_peak_mb"]
    assert "attempt 0" in result.missing["energy_j"]
    assert result.metrics["load_s"] == second.load_s
    assert first.duration_s == pytest.approx(3600.5, abs=0.1)
    assert result.started_at == first.started_at == started_at
    assert result.duration_s == pytest.approx((first.duration_s or 0) + (second.duration_s or 0))
    assert second.duration_s


def as_if_it_had_lasted(lasted_s: float, cell: Path) -> str:
    """Move the start of a killed attempt to so long before its last record."""
    path = cell / "attempts.json"
    (killed,) = json.loads(path.read_text(encoding="utf-8"))
    begun_s = (cell / "records.jsonl").stat().st_mtime - lasted_s
    killed["started_at"] = datetime.fromtimestamp(begun_s, UTC).isoformat()
    path.write_text(json.dumps([killed]), encoding="utf-8")
    os.utime(path, (begun_s, begun_s))
    return str(killed["started_at"])


@pytest.mark.real
def test_a_torn_line_is_cut_off_before_the_next_record(run: Run, tmp_path: Path) -> None:
    killed_after(tmp_path, 6)
    path = tmp_path / CELL / "records.jsonl"
    whole = path.read_bytes().count(b"\n")
    with path.open("ab") as file:
        file.write(b'{"sample_id": "prompt-1", "rou')
    assert run(*SLOW, *NAMED).returncode == 0
    assert len(run_folder.read_records(tmp_path / CELL)) == whole + 1 + MEASURED - (whole - 1)


@pytest.mark.real
def test_a_cell_whose_requests_were_all_made_needs_no_runtime(run: Run, tmp_path: Path) -> None:
    assert run(*SLOW, *NAMED).returncode == 0
    folder = tmp_path / CELL
    (folder / "run.json").unlink()
    before = (folder / "records.jsonl").read_bytes()
    done = run(*SLOW, *NAMED)
    assert done.returncode == 0, done.stderr
    result = run_folder.read_result(folder)
    assert (result.status, len(result.attempts)) == ("ok", 1)
    assert result.model.variant == "scripted-scripted:1"
    assert (folder / "records.jsonl").read_bytes() == before


@pytest.mark.real
def test_a_cell_stopped_by_ctrl_c_goes_on(run: Run, tmp_path: Path) -> None:
    process = subprocess.Popen(
        command([*SLOW, *NAMED]), cwd=tmp_path, env=clean_environment(), stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    when(tmp_path, f"{CELL}/records.jsonl", lines=4)
    process.send_signal(signal.SIGINT)
    assert process.wait(DEADLINE_S) == 130
    assert run_folder.read_result(tmp_path / CELL).status == "interrupted"
    assert run(*SLOW, *NAMED).returncode == 0
    result = run_folder.read_result(tmp_path / CELL)
    assert (result.status, result.metrics["requests"], len(result.attempts)) == ("ok", MEASURED, 2)
    whole_j = sum(record.t_end_ns - record.t_start_ns for record in measured(tmp_path / CELL)) / 1e9 * CPU_WATTS
    assert result.metrics["energy_j"] == pytest.approx(whole_j), "it lacks that of the first attempt"
    assert result.metrics["rss_peak_mb"] == max(one.rss_peak_mb or 0.0 for one in result.attempts)


@pytest.mark.real
def test_a_finished_cell_is_not_touched_and_no_process_is_started(run: Run, tmp_path: Path) -> None:
    assert run(*SLOW, *NAMED, "workload.rounds=1").returncode == 0
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / CELL).iterdir()}
    done = run(*SLOW, *NAMED, "workload.rounds=1")
    assert done.returncode == 0
    assert "1 of them done before" in done.stderr
    assert "ok" in done.stdout, "its row is not in the table"
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / CELL).iterdir()} == before


@pytest.mark.real
def test_a_failed_cell_is_measured_again_only_if_asked_and_nothing_is_lost(run: Run, tmp_path: Path) -> None:
    crash = (*SLOW, "backend.fault=crash", "backend.fault_every=8")
    assert run(*crash, *NAMED).returncode == 1
    folder = tmp_path / CELL
    before = (folder / "records.jsonl").read_bytes()
    assert run(*crash, *NAMED).returncode == 1
    assert (folder / "records.jsonl").read_bytes() == before
    assert run(*crash, *NAMED, "sweep.retry_failed=true").returncode == 1
    kept = tmp_path / "mlruns" / "runs" / "night" / ".retried" / "custom.1"
    assert (kept / "records.jsonl").read_bytes() == before
    assert json.loads((kept / "run.json").read_bytes())["status"] == "failed"
    assert {record.attempt for record in run_folder.read_records(folder)} == {0}


@pytest.mark.slow
def test_what_was_put_aside_stays_whatever_a_person_removes_from_between(tmp_path: Path) -> None:
    wish = [*SCRIPTED, f"output_dir={tmp_path}", *NAMED, "sweep.retry_failed=true"]
    cell = plan(compose.plain(compose.jobs(wish, multirun=False)[0][0].config), "custom", "night")
    other = cell.folder.parent / ".retried" / "custom.1.7"
    other.mkdir(parents=True)
    for number in range(4):
        cell.folder.mkdir(parents=True, exist_ok=True)
        ended = {"status": "failed", "fingerprint": "f", "number": number}
        (cell.folder / "run.json").write_text(json.dumps(ended), encoding="utf-8")
        resume.begin(cell)
        if number == 1:
            shutil.rmtree(other.with_name("custom.1"))
    kept = {path.parent.name: json.loads(path.read_bytes())["number"] for path in other.parent.glob("*/run.json")}
    assert kept == {"custom.2": 1, "custom.3": 2, "custom.4": 3}


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"status": "ok"}', "\x00"])
def test_a_run_json_that_is_none_is_named_with_the_way_out(tmp_path: Path, content: str) -> None:
    (tmp_path / "run.json").write_text(content, encoding="utf-8")
    with pytest.raises(
        StoreError, match=r"run\.json: not a run summary .*; remove it to go on from the cell's records"
    ):
        resume.state(tmp_path)


@pytest.mark.slow
def test_a_folder_that_is_there_already_is_not_measured_into(tmp_path: Path) -> None:
    wish = [*SCRIPTED, f"output_dir={tmp_path}", "sweep.name=night"]
    cell = plan(compose.plain(compose.jobs(wish, multirun=False)[0][0].config), "custom", "night")
    cell.folder.mkdir(parents=True)
    with pytest.raises(StoreError, match=r"exists already; go on with it by sweep\.resume=true"):
        resume.begin(cell)


@pytest.mark.real
def test_a_sweep_that_is_running_cannot_be_resumed_beside_itself(run: Run, tmp_path: Path) -> None:
    long = (*SLOW, *NAMED, "workload.rounds=500")
    with subprocess.Popen(command(long), cwd=tmp_path, env=clean_environment(), stderr=subprocess.DEVNULL) as process:
        when(tmp_path, f"{CELL}/records.jsonl")
        beside = run(*long)
        process.kill()
    assert beside.returncode == 2
    assert f"process {process.pid}" in beside.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({}, None),
        ({"prompts.json": "[]"}, None),
        ({"records.jsonl": ""}, "its config.yaml or prompts.json cannot be read"),
        ({"run.json": '{"status": "failed", "fingerprint": "f"}'}, "its config.yaml or prompts.json cannot be read"),
        ({"config.yaml": "generation: {max_tokens: 7}", "prompts.json": "[]"}, "accel.name: None → auto"),
    ],
)
def test_what_a_begun_cell_was_measured_with_is_asked_of_its_folder(
    tmp_path: Path, files: dict[str, str], reason: str | None
) -> None:
    wish = [*SCRIPTED, f"output_dir={tmp_path}", *NAMED]
    cell = plan(compose.plain(compose.jobs(wish, multirun=False)[0][0].config), "custom", "night")
    cell.folder.mkdir(parents=True)
    for name, content in files.items():
        (cell.folder / name).write_text(content, encoding="utf-8")
    if reason is None:
        resume.refuse_changed(cell, "of a plan that another release wrote")
    else:
        with pytest.raises(ConfigError, match=r"measured with other settings \(.*" + re.escape(reason)):
            resume.refuse_changed(cell, "of a plan that another release wrote")
