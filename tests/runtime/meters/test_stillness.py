"""Standing still, by clocks and states of our own making."""

from collections.abc import Iterator

from foundry_exp.records.run_result import StandStill
from foundry_exp.runtime.meters.stillness import Look, StillnessWatch, is_stopped, look

S = 1_000_000_000
MODEL = "the process that runs the model was stopped"


def beaten(*looks: Look, stopped: Iterator[bool] | None = None) -> list[StandStill]:
    """What is seen in beats at these moments; the process is looked at in all but the first."""
    clocks = iter(looks)
    watch = StillnessWatch(
        {MODEL: 1}.items() if stopped else (), lambda: next(clocks), lambda _: next(stopped or iter(()))
    )
    for _ in looks:
        watch.beat()
    watch.stop()
    return watch.seen


def at(now_s: float, *, slept_s: float = 0, wall_s: float | None = None, cpu_s: float = 0, faults: int = 0) -> Look:
    wall_ns = round((now_s + slept_s if wall_s is None else wall_s) * S)
    return Look(round(now_s * S), round(slept_s * S), wall_ns, round(cpu_s * S), faults)


def test_beats_in_time_are_nothing_to_tell() -> None:
    assert beaten(at(1), at(1.05), at(1.1), at(1.9)) == []


def test_a_gap_in_the_beats_is_a_stop_of_the_command() -> None:
    (seen,) = beaten(at(1), at(1.05), at(5.05), at(5.1))
    assert (seen.what, seen.from_ns, seen.to_ns, seen.lasted_s) == ("the command stood still", 1.05 * S, 5.05 * S, 4.0)


def test_a_gap_in_which_it_worked_or_waited_for_a_page_is_none() -> None:
    assert beaten(at(1), at(5, cpu_s=3.0)) == []
    assert beaten(at(1), at(5, faults=40)) == []


def test_sleep_is_what_one_clock_counts_and_the_other_does_not() -> None:
    (seen,) = beaten(at(1), at(1.05, slept_s=3600))
    assert (seen.what, seen.lasted_s) == ("the machine slept", 3600.0)


def test_a_wall_clock_that_jumps_is_seen_forwards_and_backwards() -> None:
    seen = beaten(at(1), at(1.05, wall_s=11.05), at(1.1, wall_s=1.1))
    assert [(one.what, one.lasted_s) for one in seen] == [("the wall clock was set", 10.0)] * 2


def test_a_stopped_process_is_seen_from_the_beat_before_to_the_beat_after() -> None:
    looks = [at(1 + beat / 20) for beat in range(6)]
    (seen,) = beaten(*looks, stopped=iter([False, True, True, False, False]))
    assert (seen.what, seen.from_ns, seen.to_ns) == (MODEL, looks[1].now_ns, looks[4].now_ns)


def test_what_is_stopped_at_the_end_was_so_until_then() -> None:
    looks = [at(1), at(1.05), at(1.1)]
    (seen,) = beaten(*looks, stopped=iter([True, True]))
    assert (seen.from_ns, seen.to_ns) == (looks[0].now_ns, looks[2].now_ns)


def test_the_systems_own_clocks_can_be_read() -> None:
    first, then = look(), look()
    assert then.now_ns > first.now_ns
    assert then.slept_ns - first.slept_ns < S // 100
    assert not is_stopped(2**22 + 1)
