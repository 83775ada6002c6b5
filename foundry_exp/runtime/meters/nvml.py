"""NVIDIA's management library, where there is one: which GPUs, and whose memory is on them.

Needs the package nvidia-ml-py (module `pynvml`) and NVIDIA's driver.
"""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from foundry_exp.runtime.meters.meter import UnavailableError


@contextmanager
def session() -> Iterator[Any]:
    """The `pynvml` module, initialised; cheap inside another session. Raises UnavailableError, also on failure."""
    try:
        library = importlib.import_module("pynvml")
    except ImportError as error:
        raise UnavailableError("no NVML library here: the package nvidia-ml-py is not installed") from error
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


def gpus(library: Any) -> list[Any]:
    """A handle of every NVIDIA GPU, at least one."""
    count = library.nvmlDeviceGetCount()
    if count == 0:
        raise UnavailableError("no NVIDIA GPU")
    return [library.nvmlDeviceGetHandleByIndex(number) for number in range(count)]


def memory_of(library: Any, gpu: Any, pids: set[int]) -> dict[int, int | None]:
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
