"""NVIDIA's management library, where there is one: which GPUs, and whose memory is on them.

Needs the package nvidia-ml-py (module `pynvml`) and NVIDIA's driver.
"""

import importlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Protocol

from foundry_exp.runtime.meters.meter import UnavailableError

# ruff: noqa: N815 — the names are NVML's


class Process(Protocol):
    """One that holds memory of a GPU, in bytes; null where the driver does not tell."""

    pid: int
    usedGpuMemory: int | None


class Memory(Protocol):
    """Of one GPU, in bytes."""

    free: int
    total: int


class Library(Protocol):
    """What is used of `pynvml`, which states no types; a GPU is a handle that only the library can read."""

    NVMLError: type[Exception]
    nvmlInit: Callable[[], None]
    nvmlShutdown: Callable[[], None]
    nvmlDeviceGetCount: Callable[[], int]
    nvmlDeviceGetHandleByIndex: Callable[[int], object]
    nvmlDeviceGetName: Callable[[object], str | bytes]
    nvmlDeviceGetMemoryInfo: Callable[[object], Memory]
    nvmlDeviceGetComputeRunningProcesses: Callable[[object], Sequence[Process]]
    nvmlDeviceGetGraphicsRunningProcesses: Callable[[object], Sequence[Process]]
    nvmlDeviceGetTotalEnergyConsumption: Callable[[object], int]
    nvmlDeviceGetPowerUsage: Callable[[object], int]


@contextmanager
def session() -> Iterator[Library]:
    """The `pynvml` module, initialised; cheap inside another session. Raises UnavailableError, also on failure."""
    try:
        module: Any = importlib.import_module("pynvml")
    except ImportError as error:
        raise UnavailableError("no NVML library here: the package nvidia-ml-py is not installed") from error
    library: Library = module
    try:
        library.nvmlInit()
    except library.NVMLError as error:
        msg = f"no NVML library here: {error}"
        raise UnavailableError(msg) from error
    try:
        yield library
    except library.NVMLError as error:
        msg = f"NVML failed: {error}"
        raise UnavailableError(msg) from error
    finally:
        with suppress(library.NVMLError):  # the driver went away, and the session with it
            library.nvmlShutdown()


def gpus(library: Library) -> list[object]:
    """A handle of every NVIDIA GPU, at least one."""
    count = library.nvmlDeviceGetCount()
    if count == 0:
        raise UnavailableError("no NVIDIA GPU")
    return [library.nvmlDeviceGetHandleByIndex(number) for number in range(count)]


def memory_of(library: Library, gpu: object, pids: set[int]) -> dict[int, int | None]:
    """Bytes on one GPU of each of the processes that it lists; null where the driver does not tell."""
    held_bytes: dict[int, int | None] = {}
    # a process that computes and draws is in both lists, with the same bytes
    for listed in (library.nvmlDeviceGetComputeRunningProcesses, library.nvmlDeviceGetGraphicsRunningProcesses):
        held_bytes.update({process.pid: process.usedGpuMemory for process in listed(gpu) if process.pid in pids})
    return held_bytes


def family(pid: int) -> set[int]:
    """A process and all that it started."""
    import psutil  # 25 ms, which a cell without such a GPU need not spend

    try:
        return {pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))}
    except psutil.Error:
        return {pid}
