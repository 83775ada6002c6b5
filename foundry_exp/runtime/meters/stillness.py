"""Whether something that a measurement needs stood still: stopped, asleep, or with a wall clock that was set.

A process that is stopped (SIGSTOP, Ctrl-Z, a debugger) is seen by its state, which the system tells of those of this
machine; that whoever watches stood still, by a gap in its own beats in which it neither worked nor waited for a page.
"""

import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import psutil

from foundry_exp.records.run_result import StandStill
from foundry_exp.runtime.meters.meter import Sampler

BEAT_S = 0.5 if sys.platform == "win32" else 0.05
"""A look at a process's state lists all of them on Windows, which takes milliseconds; elsewhere it takes 0.03."""
GAP_NS = 1_000_000_000
SLEPT_NS = 100_000_000
STEPPED_NS = 50_000_000
"""More than what an adjusted clock gains on another one between two beats, or a pause between two reads takes."""
_IDLE_SHARE = 0.1
_NS_PER_S = 1e9
_STOPPED = (psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP)


@dataclass(frozen=True, slots=True)
class Look:
    """The clocks at one moment, ns."""

    now_ns: int
    """By the clock of the records."""
    slept_ns: int
    """That the machine has slept; 0 where the clock of the records runs on meanwhile, or nobody tells."""
    wall_ns: int
    cpu_ns: int
    """That this process has worked."""
    faults: int
    """Pages that it has waited for."""


def look() -> Look:
    """The clocks now."""
    return Look(time.perf_counter_ns(), _slept_ns(), _wall_ns(), time.process_time_ns(), _faults())


def _wall_ns() -> int:
    if sys.platform == "win32":
        return time.time_ns()
    return time.clock_gettime_ns(time.CLOCK_REALTIME)


def _slept_ns() -> int:
    if sys.platform == "linux":
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) - time.clock_gettime_ns(time.CLOCK_MONOTONIC)
    if sys.platform == "darwin":
        return time.clock_gettime_ns(time.CLOCK_MONOTONIC) - time.clock_gettime_ns(time.CLOCK_UPTIME_RAW)
    return 0


def _faults() -> int:
    if sys.platform == "win32":
        return 0
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_majflt


def is_stopped(pid: int) -> bool:
    """Whether a process is stopped; false when it is gone."""
    try:
        return psutil.Process(pid).status() in _STOPPED
    except psutil.Error:
        return False


class StillnessWatch:
    """What stood still, beat by beat, and from when to when by the clock of the records."""

    def __init__(
        self,
        pids: Iterable[tuple[str, int]],
        look: Callable[[], Look] = look,
        is_stopped: Callable[[int], bool] = is_stopped,
    ) -> None:
        """Name the processes; watching begins with `start`."""
        self.seen: list[StandStill] = []
        self._pids = dict(pids)
        self._look_at_clocks = look
        self._is_stopped = is_stopped
        self._before: Look | None = None
        self._since: dict[str, int] = {}
        self._sampler = Sampler(self.beat, BEAT_S)

    def start(self) -> None:
        """Look now, and go on looking."""
        self._sampler.start()

    def stop(self) -> None:
        """Look a last time; what stands still now has done so until now."""
        self._sampler.stop()
        if self._before is not None:
            for what in list(self._since):
                self._keep(what, self._since.pop(what), self._before.now_ns)

    def beat(self) -> None:
        """Look once."""
        now, before = self._look_at_clocks(), self._before
        self._before = now
        if before is None:
            return
        self._judge_clocks(before, now)
        for what, pid in self._pids.items():
            if self._is_stopped(pid):
                self._since.setdefault(what, before.now_ns)
            elif what in self._since:
                self._keep(what, self._since.pop(what), now.now_ns)

    def _judge_clocks(self, before: Look, now: Look) -> None:
        gap_ns, slept_ns = now.now_ns - before.now_ns, now.slept_ns - before.slept_ns
        stepped_ns = now.wall_ns - before.wall_ns - gap_ns - slept_ns
        worked = now.cpu_ns - before.cpu_ns > _IDLE_SHARE * gap_ns or now.faults > before.faults
        if slept_ns >= SLEPT_NS:
            self._keep("the machine slept", before.now_ns, now.now_ns, slept_ns)
        elif gap_ns >= GAP_NS and not worked:
            self._keep("the command stood still", before.now_ns, now.now_ns)
        elif abs(stepped_ns) >= STEPPED_NS and gap_ns < GAP_NS:
            self._keep("the wall clock was set", before.now_ns, now.now_ns, abs(stepped_ns))

    def _keep(self, what: str, from_ns: int, to_ns: int, lasted_ns: int | None = None) -> None:
        lasted_s = (to_ns - from_ns if lasted_ns is None else lasted_ns) / _NS_PER_S
        self.seen.append(StandStill(what, from_ns, to_ns, lasted_s))
