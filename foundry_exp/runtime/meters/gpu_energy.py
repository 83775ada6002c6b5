"""Energy of NVIDIA GPUs, through NVML: the board's own counter, else its power integrated over time.

Counted are the GPUs that hold the process's memory, all of their load included; all GPUs, where the driver
does not tell which ones these are.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from itertools import pairwise
from typing import Any

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
        self._library: Any = None
        self._gpus: list[Any] = []
        self._before_mj: int | None = None
        self._samples: list[tuple[float, float]] = []
        self._failure: Exception | None = None
        self._sampler = Sampler(self._look, _SAMPLE_EVERY_S)

    def start(self) -> None:
        """Read the counter, or begin to sample power; raises UnavailableError."""
        with ExitStack() as opened:
            self._library = opened.enter_context(nvml.session())
            self._gpus = _running(self._library, self._pid)
            self._before_mj = self._counter_mj()
            if self._before_mj is None:
                self._power_w()  # a board that tells neither is found here, and not by a sampler without samples
            self._open = opened.pop_all()
        if self._before_mj is None:
            self._sampler.start()

    def stop(self) -> float:
        """Joules since `start`; raises UnavailableError when the driver stopped answering."""
        with self._open:
            if self._before_mj is None:
                self._sampler.stop()
                joules = None if self._failure else trapezoid_j(self._samples)
            else:
                after_mj = self._counter_mj()
                joules = None if after_mj is None else (after_mj - self._before_mj) * _MILLI
        if not joules or joules < 0:
            msg = f"NVML gave no energy for the measured window ({self._failure or 'no counter moved'})"
            raise UnavailableError(msg)
        return joules

    def _counter_mj(self) -> int | None:
        """Millijoules since the driver was loaded; null on boards without a counter (before Volta)."""
        try:
            return sum(int(self._library.nvmlDeviceGetTotalEnergyConsumption(gpu)) for gpu in self._gpus)
        except self._library.NVMLError:
            return None

    def _power_w(self) -> float:
        return sum(int(self._library.nvmlDeviceGetPowerUsage(gpu)) for gpu in self._gpus) * _MILLI

    def _look(self) -> None:
        try:
            self._samples.append((self._clock(), self._power_w()))
        except self._library.NVMLError as error:
            self._failure = error


def trapezoid_j(samples: Sequence[tuple[float, float]]) -> float:
    """Joules under (second, watt) samples joined by straight lines."""
    return sum((s1 - s0) * (w0 + w1) / 2 for (s0, w0), (s1, w1) in pairwise(samples))


def _running(library: Any, pid: int) -> list[Any]:
    every, pids = nvml.gpus(library), nvml.family(pid)
    return [gpu for gpu in every if nvml.memory_of(library, gpu, pids)] or every
