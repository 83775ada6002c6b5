"""Energy of NVIDIA GPUs, through NVML: the board's own counter, else its power integrated over time.

Counted are the GPUs that hold the process's memory, all of their load included; all GPUs, where the driver
does not tell which ones these are.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from foundry_exp.runtime.meters import nvml
from foundry_exp.runtime.meters.meter import Sampler, UnavailableError

_SAMPLE_EVERY_S = 0.1  # the driver renews its power reading about every 0.1 s
_MILLI = 1e-3


class NvmlEnergy:
    """Joules of the GPUs that run a process, between `start` and `stop`."""

    def __init__(self, pid: int, clock: Callable[[], float] = time.perf_counter) -> None:
        """Keep the process; nothing is asked yet."""
        self._pid = pid
        self._clock = clock
        self._open = ExitStack()
        self._joules: Callable[[], float | None] = lambda: None
        self._samples: list[tuple[float, float]] = []
        self._failure: Exception | None = None

    def start(self) -> None:
        """Read the counter, or begin to sample power; raises UnavailableError."""
        with ExitStack() as opened:
            boards = _running(opened.enter_context(nvml.session()), self._pid)
            before_mj = boards.counter_mj()
            if before_mj is None:
                boards.power_w()  # a board that tells neither is found here, and not by a sampler without samples
            self._open = opened.pop_all()
        if before_mj is None:
            sampler = Sampler(partial(self._look, boards), _SAMPLE_EVERY_S)
            self._joules = partial(self._sampled_j, sampler)
            sampler.start()
        else:
            self._joules = partial(boards.counted_j, before_mj)

    def stop(self) -> float:
        """Joules since `start`; raises UnavailableError when the driver stopped answering."""
        with self._open:
            joules = self._joules()
        if not joules or joules < 0:
            msg = f"NVML gave no energy for the measured window ({self._failure or 'no counter moved'})"
            raise UnavailableError(msg)
        return joules

    def _sampled_j(self, sampler: Sampler) -> float | None:
        sampler.stop()
        return None if self._failure else trapezoid_j(self._samples)

    def _look(self, boards: "_Boards") -> None:
        try:
            self._samples.append((self._clock(), boards.power_w()))
        except boards.library.NVMLError as error:
            self._failure = error


@dataclass(frozen=True, slots=True)
class _Boards:
    library: nvml.Library
    gpus: list[object]

    def counter_mj(self) -> int | None:
        """Millijoules since the driver was loaded; null on boards without a counter (before Volta)."""
        try:
            return sum(self.library.nvmlDeviceGetTotalEnergyConsumption(gpu) for gpu in self.gpus)
        except self.library.NVMLError:
            return None

    def counted_j(self, before_mj: int) -> float | None:
        """Joules since the counter stood there; null when it no longer answers."""
        after_mj = self.counter_mj()
        return None if after_mj is None else (after_mj - before_mj) * _MILLI

    def power_w(self) -> float:
        return sum(self.library.nvmlDeviceGetPowerUsage(gpu) for gpu in self.gpus) * _MILLI


def _running(library: nvml.Library, pid: int) -> _Boards:
    every, pids = nvml.gpus(library), nvml.family(pid)
    return _Boards(library, [gpu for gpu in every if nvml.memory_of(library, gpu, pids)] or every)


def trapezoid_j(samples: Sequence[tuple[float, float]]) -> float:
    """Joules under (second, watt) samples joined by straight lines."""
    return sum((s1 - s0) * (w0 + w1) / 2 for (s0, w0), (s1, w1) in pairwise(samples))
