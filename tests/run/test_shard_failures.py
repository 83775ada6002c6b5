"""Shards of one sweep see each other's failures, as the cells of one command do."""

import json
import os
import shutil
import time
from pathlib import Path

import pytest

from foundry_exp.records import run_folder
from foundry_exp.run.sweep_counts import SweepCounts
from tests.conftest import SCRIPTED, Run
from tests.run.test_policy import FIVE, results

STOPPING = (*FIVE, "sweep.on_failure.policy=stop")
MEMORY = ("-m", *SCRIPTED, "backend.fault=out_of_memory", "sweep.name=night", "sweep.resume=true")


def statuses(tmp_path: Path) -> dict[str, str]:
    return {name: result.status for name, result in results(tmp_path).items()}


def reason(tmp_path: Path, cell: str) -> str:
    return str(results(tmp_path)[cell].reason)


@pytest.mark.real
def test_a_failure_in_one_shard_stops_the_other_which_a_resumed_shard_tries(run: Run, tmp_path: Path) -> None:
    run(*STOPPING, "sweep.shard=1/2")
    assert statuses(tmp_path) == {"seed-0": "failed", "seed-2": "skipped", "seed-4": "skipped"}
    done = run(*STOPPING, "sweep.shard=2/2")
    assert [statuses(tmp_path)[cell] for cell in ("seed-1", "seed-3")] == ["skipped", "skipped"]
    assert "sweep.on_failure.policy=stop, and seed-0 failed before this one" in reason(tmp_path, "seed-1")
    assert "[2/2] seed-3: skipped" in done.stderr, "progress is of more than the shard's own cells"
    assert "failed" not in done.stderr
    run(*STOPPING, "sweep.shard=2/2")
    assert [statuses(tmp_path)[cell] for cell in ("seed-1", "seed-3")] == ["failed", "skipped"]
    run(*STOPPING, "sweep.shard=1/2")
    assert statuses(tmp_path)["seed-2"] == "skipped", "what failed elsewhere since this shard ended stops it"


@pytest.mark.real
def test_a_shard_that_others_stopped_says_how_to_go_on_though_nothing_failed_in_it(run: Run, tmp_path: Path) -> None:
    healthy = (*STOPPING, "backend.fault=null", "sweep.shard=2/2")
    assert run(*healthy).returncode == 0
    night = tmp_path / "mlruns" / "runs" / "night"
    shutil.rmtree(night / "seed-3")
    ended(night / "seed-0", "failed", time.time_ns())
    done = run(*healthy)
    assert run_folder.read_result(night / "seed-3").status == "skipped"
    assert done.returncode == 0
    assert "1 of 2 cells is not finished. Go on with:" in done.stderr


@pytest.mark.real
def test_a_sweep_that_stopped_is_gone_on_with_in_shards(run: Run, tmp_path: Path) -> None:
    run(*STOPPING)
    run(*STOPPING, "sweep.shard=2/2")
    assert list(statuses(tmp_path).values()) == ["failed", "failed", "skipped", "skipped", "skipped"]


@pytest.mark.real
def test_a_share_of_failures_is_of_the_whole_plan(run: Run, tmp_path: Path) -> None:
    sharing = (*FIVE, "sweep.on_failure.policy=share", "sweep.on_failure.share=0.4")
    run(*sharing, "sweep.shard=1/2")
    assert statuses(tmp_path) == {"seed-0": "failed", "seed-2": "failed", "seed-4": "failed"}
    run(*sharing, "sweep.shard=2/2")
    assert [statuses(tmp_path)[cell] for cell in ("seed-1", "seed-3")] == ["skipped", "skipped"]
    assert "3 of 5 cells have failed, more than 40%" in reason(tmp_path, "seed-1")


@pytest.mark.real
def test_a_model_without_memory_in_another_shard_is_not_tried_with_more(run: Run, tmp_path: Path) -> None:
    grid = (*MEMORY, "generation.max_tokens=16,32")
    run(*grid, "sweep.shard=1/2")
    run(*grid, "sweep.shard=2/2")
    assert statuses(tmp_path) == {"max_tokens-16": "failed", "max_tokens-32": "skipped"}
    assert "ran out of memory in max_tokens-16" in reason(tmp_path, "max_tokens-32")
    run(*grid, "sweep.shard=2/2")
    assert statuses(tmp_path)["max_tokens-32"] == "failed", "a resumed sweep measures it all the same"


def ended(cell: Path, status: str, at_ns: int) -> None:
    """Write as much of a run.json as decides what comes after it."""
    cell.mkdir(exist_ok=True)
    (cell / "run.json").write_text(json.dumps({"status": status, "fingerprint": "f"}), encoding="utf-8")
    os.utime(cell / "run.json", ns=(at_ns, at_ns))


def failed(counts: SweepCounts) -> list[str]:
    return [folder.name for folder in counts.failures().folders]


def test_what_others_measure_meanwhile_is_seen_and_counts_for_no_progress(tmp_path: Path) -> None:
    theirs = [tmp_path / name for name in ("old", "ok", "resumed", "torn", "absent")]
    counts = SweepCounts([tmp_path / "mine"], 100, theirs, 50)
    ended(theirs[0], "failed", 49)
    ended(theirs[1], "ok", 60)
    ended(theirs[2], "interrupted", 60)
    ended(theirs[3], "failed", 60)
    (theirs[3] / "run.json").write_text("{", encoding="utf-8")
    assert (failed(counts), counts.failures().planned) == ([], 6)
    ended(theirs[2], "failed", 70)
    assert failed(counts) == ["resumed"]
    seen = counts.now()
    assert (seen.planned, seen.ended, seen.failed) == (1, 0, 0)


def test_a_finished_cell_of_others_is_read_once(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    ended(theirs, "failed", 60)
    counts = SweepCounts([], 100, [theirs])
    assert failed(counts) == ["theirs"]
    (theirs / "run.json").unlink()
    assert failed(counts) == ["theirs"]
