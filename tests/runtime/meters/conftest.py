"""Counters as real files, and an NVML that is a real module file: what a driver would say, and nothing of ours."""

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

# The part of nvidia-ml-py that is used, answering from GPUS; each reading of a counter takes the next value.
PYNVML = """
class NVMLError(Exception):
    pass

class Process:
    def __init__(self, pid, used):
        self.pid, self.usedGpuMemory = pid, used

GPUS = {gpus!r}
OPEN = 0

def nvmlInit():
    global OPEN
    if {no_driver!r}:
        raise NVMLError({no_driver!r})
    OPEN += 1

def nvmlShutdown():
    global OPEN
    OPEN -= 1

def nvmlDeviceGetCount():
    return len(GPUS)

def nvmlDeviceGetHandleByIndex(number):
    return GPUS[number]

def nvmlDeviceGetComputeRunningProcesses(gpu):
    return [Process(pid, used) for pid, used in gpu.get("compute", {{}}).items()]

def nvmlDeviceGetGraphicsRunningProcesses(gpu):
    return [Process(pid, used) for pid, used in gpu.get("graphics", {{}}).items()]

class Memory:
    def __init__(self, free):
        self.free = free

def nvmlDeviceGetMemoryInfo(gpu):
    return Memory(gpu["free"])

def _next(gpu, key):
    if key not in gpu:
        raise NVMLError("Not Supported")
    values = gpu[key]
    return values.pop(0) if len(values) > 1 else values[0]

def nvmlDeviceGetTotalEnergyConsumption(gpu):
    return _next(gpu, "energy_mj")

def nvmlDeviceGetPowerUsage(gpu):
    return _next(gpu, "power_mw")
"""

Nvml = Callable[..., Any]


@pytest.fixture
def nvml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Nvml:
    """`nvml({"compute": {pid: bytes}}, …)`: a machine with these GPUs."""

    def install(*gpus: dict[str, Any], no_driver: str = "") -> Any:
        (tmp_path / "pynvml.py").write_text(PYNVML.format(gpus=list(gpus), no_driver=no_driver), encoding="utf-8")
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.setattr(sys, "dont_write_bytecode", True)  # a second file within a second would find the first's
        monkeypatch.delitem(sys.modules, "pynvml", raising=False)
        importlib.invalidate_caches()
        importlib.import_module("pynvml")
        module = sys.modules.pop("pynvml")
        monkeypatch.setitem(sys.modules, "pynvml", module)  # so that it is taken out again after the test
        return module

    return install


def domain(powercap: Path, folder: str, name: str, energy_uj: int, range_uj: int = 1_000_000) -> Path:
    """One RAPL domain as Linux shows it; the path of its counter."""
    place = powercap / folder
    place.mkdir(parents=True, exist_ok=True)
    (place / "name").write_text(f"{name}\n", encoding="ascii")
    (place / "max_energy_range_uj").write_text(f"{range_uj}\n", encoding="ascii")
    (place / "energy_uj").write_text(f"{energy_uj}\n", encoding="ascii")
    return place / "energy_uj"
