"""What is seen of a cell's process from outside."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from foundry_exp.config import compose
from foundry_exp.config.plan import plan
from foundry_exp.measure import attempts, child, failure_cause, watcher
from foundry_exp.measure.attempts import Attempt
from foundry_exp.measure.outcome import Outcome
from foundry_exp.protocols import ChatRequest, Clock, Event
from foundry_exp.records import run_folder
from foundry_exp.runtime.backends.scripted import ScriptedBackend
from foundry_exp.runtime.meters import memory
from foundry_exp.runtime.worker import Worker
from tests.conftest import SCRIPTED

pytestmark = pytest.mark.real


def measured(folder: Path, *overrides: str) -> Outcome:
    wish = [*SCRIPTED, *overrides, f"output_dir={folder}", f"device_lock.folder={folder / 'locks'}"]
    cell = plan(compose.plain(compose.jobs(wish, multirun=False)[0][0].config), "cell", "sweep")
    cell.folder.mkdir(parents=True)
    return child.measure(cell, Attempt(0, "2026-11-29T12:00:00+00:00"), lambda _: None)


def test_every_stamp_can_be_read_as_wall_clock(tmp_path: Path) -> None:
    before_ns = time.time_ns()
    measured(tmp_path)
    (folder,) = tmp_path.glob("runs/*/*")
    (attempt,) = attempts.read(folder)
    assert attempt.clock_zero_ns is not None
    stamps = [attempt.clock_zero_ns + record.t_start_ns for record in run_folder.read_records(folder)]
    assert stamps
    assert before_ns < min(stamps) <= max(stamps) < time.time_ns()


def test_a_hung_process_that_was_ended_from_here_did_not_die_for_want_of_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kill = Worker.kill

    def kill_at_once(process: Worker) -> None:
        kill(process)
        process.wait(60)

    monkeypatch.setattr(Worker, "kill", kill_at_once)
    monkeypatch.setattr(
        failure_cause, "kills_for_memory", lambda: None
    )  # where no kernel counts, signal 9 says it alone
    outcome = measured(tmp_path, "backend.fault=load_hang", "workload.load_timeout_s=1")
    assert "hung" in (outcome.reason or "")
    assert (outcome.out_of_memory, outcome.exit_code) == (False, None)


def test_a_cell_shorter_than_the_time_between_two_looks_at_its_memory_has_a_peak_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "SAMPLE_EVERY_S", 600.0)
    outcome = measured(tmp_path, "backend.realtime=false", "workload.rounds=1")
    assert outcome.ending == "done"
    assert outcome.rss_loaded_mb is not None
    assert outcome.rss_peak_mb is not None
    assert outcome.rss_peak_mb >= outcome.rss_loaded_mb > 0


def test_a_model_that_hangs_when_it_is_unloaded_takes_nothing_from_what_was_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watcher, "UNLOAD_TIMEOUT_S", 1.0)
    outcome = measured(tmp_path, "backend.realtime=false", "workload.rounds=1", "backend.fault=unload_hang")
    assert (outcome.ending, outcome.reason) == ("done", None)
    assert "hung: nothing happened within 1 s of unloading the model" in outcome.warnings[0]


class FailsAndHangs(ScriptedBackend):
    def stream(self, request: ChatRequest, clock: Clock) -> Iterator[Event]:
        raise RuntimeError("the weights are gone")


def test_what_ended_a_cell_is_told_also_when_unloading_hangs_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watcher, "UNLOAD_TIMEOUT_S", 1.0)
    monkeypatch.setenv("FOUNDRY_EXP_ALLOW", "tests")
    outcome = measured(tmp_path, f"backend._target_={__name__}.FailsAndHangs", "backend.fault=unload_hang")
    assert (outcome.ending, outcome.reason) == ("failed", "RuntimeError: the weights are gone")
