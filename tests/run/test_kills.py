"""kill -9 of the parent or the child at any instant: the same command goes on, and no record is lost or made twice."""

import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.benchmarks import kills as benchmark
from tests.conftest import native
from tests.run.kills import Killed, kill_and_resume

EVERY = Counter({("cell", "prompt", number): 1 for number in range(4 * benchmark.ROUNDS * benchmark.PROMPTS)})


@pytest.mark.real
def test_a_sweep_killed_at_random_instants_ends_with_the_same_records(tmp_path: Path) -> None:
    overrides = (
        "-m", "model=demo-small,demo-large", "accel=cpu", "tracker=none", "workload.rounds=4",
        f"device_lock.folder={tmp_path / 'locks'}", *native(tmp_path),
    )  # fmt: skip
    found = kill_and_resume(tmp_path, overrides, kills=3, seed=3)
    assert found.victims.total() == 3
    assert found.attempts > 2, "no kill hit a cell that had begun"
    assert found.lost == []
    wanted = {
        (model, sample_id, round_)
        for model in ("demo-small", "demo-large")
        for sample_id in ("prompt-1", "prompt-2", "prompt-3", "prompt-4")
        for round_ in range(4)
    }
    assert set(found.measured) == wanted
    assert set(found.measured.values()) == {1}


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (Killed(measured=EVERY), 0),
        (Killed(measured=EVERY, lost=[b"{}"]), 1),
        (Killed(measured=EVERY + Counter([("cell", "prompt", 0)])), 1),
        (Killed(measured=EVERY - Counter([("cell", "prompt", 0)])), 1),
    ],
)
def test_the_long_run_fails_when_a_record_is_lost_or_twice(
    monkeypatch: pytest.MonkeyPatch, found: Killed, code: int
) -> None:
    monkeypatch.setattr(sys, "argv", ["kills"])
    monkeypatch.setattr(benchmark, "kill_and_resume", lambda *_, **__: found)
    assert benchmark.main() == code
