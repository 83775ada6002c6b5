"""kill -9 of the parent or the child at any instant: the same command goes on, and no record is lost or made twice."""

from pathlib import Path

from tests.conftest import native
from tests.sweep.kills import kill_and_resume


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
