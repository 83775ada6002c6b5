"""Resident memory and CPU time of another process, read from outside at a low rate."""

from dataclasses import dataclass

import psutil

from foundry_exp.runtime.meters.meter import Sampler

SAMPLE_EVERY_S = 0.1  # a read of /proc costs about 0.05 ms, so this is under 0.1 % of one core


@dataclass(frozen=True, slots=True)
class Reading:
    """Memory now, in megabytes (10⁶ bytes), and CPU time so far, in seconds."""

    rss_mb: float
    cpu_s: float


def read(pid: int | None) -> Reading | None:
    """One look at a process; null when it is gone, or not on this machine."""
    if pid is None:
        return None
    try:
        process = psutil.Process(pid)
        with process.oneshot():
            times, rss_bytes = process.cpu_times(), process.memory_info().rss
    except psutil.Error:
        return None
    # One that has ended and that nobody has waited for yet is still there, with no memory.
    return Reading(rss_bytes / 1e6, times.user + times.system) if rss_bytes else None


class PeakWatch:
    """The largest resident memory seen while it was open."""

    def __init__(self, pid: int | None) -> None:
        """Name the process; watching begins with `start`."""
        self.peak_mb: float | None = None
        self._pid = pid
        self._sampler = Sampler(self._look, SAMPLE_EVERY_S)

    def start(self) -> None:
        """Look once, and go on, if there is anything to look at."""
        if self._pid is not None:
            self._sampler.start()

    def stop(self) -> None:
        """Look no more; harmless when it was never started."""
        self._sampler.stop()

    def _look(self) -> None:
        reading = read(self._pid)
        if reading is not None:
            self.peak_mb = max(self.peak_mb or 0.0, reading.rss_mb)
