"""GPU memory of the process that runs a model and of those it started, read from outside through NVML.

Memory that the driver does not list for a process is null, not 0: in a container it lists other process ids.
"""

from contextlib import ExitStack
from dataclasses import dataclass

from foundry_exp.runtime.meters import nvml
from foundry_exp.runtime.meters.meter import Sampler, UnavailableError

SAMPLE_EVERY_S = 0.5  # one look asks the driver twice per GPU, about 1 ms
NOT_SEEN = "the process was not seen"


@dataclass(frozen=True, slots=True)
class Reading:
    """GPU memory in megabytes (10⁶ bytes), or null and the reason."""

    value_mb: float | None
    reason: str | None = None


def read_mb(pid: int) -> Reading:
    """GPU memory of a process and its children now, summed over GPUs."""
    try:
        with nvml.session() as library:
            on_each = [nvml.memory_of(library, gpu, nvml.family(pid)) for gpu in nvml.gpus(library)]
    except UnavailableError as error:
        return Reading(None, str(error))
    every_bytes = [used for on_one in on_each for used in on_one.values()]
    counted = [used for used in every_bytes if used is not None]
    if not every_bytes:
        return Reading(None, "the driver lists no GPU memory of this process")
    if len(counted) < len(every_bytes):
        return Reading(None, "the driver does not tell per process")
    return Reading(sum(counted) / 1e6)


class PeakWatch:
    """The largest GPU memory seen while it was open; it looks every 0.5 s, so a shorter peak escapes it."""

    def __init__(self, pid: int) -> None:
        """Name the process; watching begins with `start`."""
        self._pid = pid
        self._peak = Reading(None, NOT_SEEN)
        self._open = ExitStack()
        self._sampler = Sampler(self._look, SAMPLE_EVERY_S)

    def start(self) -> None:
        """Begin to look, if there is anything to look at."""
        try:
            library = self._open.enter_context(nvml.session())  # held open: an nvmlInit alone takes milliseconds
            nvml.gpus(library)
        except UnavailableError as error:
            self._peak = Reading(None, str(error))
            return
        self._sampler.start()

    def stop(self) -> Reading:
        """Look no more; harmless when it was never started."""
        self._sampler.stop()
        self._open.close()
        return self._peak

    def _look(self) -> None:
        now = read_mb(self._pid)
        if now.value_mb is None:
            self._peak = now if self._peak.value_mb is None else self._peak
        else:
            self._peak = Reading(max(now.value_mb, self._peak.value_mb or 0.0))
