"""Python and its packages, disk, memory and GPU: what can be looked at without the runtime."""

import os
import platform
import shutil
from pathlib import Path

import psutil

from foundry_exp.cli.doctor.findings import Finding
from foundry_exp.runtime.machine import environment
from foundry_exp.runtime.meters import nvml
from foundry_exp.runtime.meters.meter import UnavailableError
from foundry_exp.runtime.models import folder

ADVISED_DISK_GB = 15
"""What a set of small and mid-size models takes; the workshop's own advice."""
LEAST_DISK_GB = 0.2
"""Below this a run could not keep its records and the tracking store."""
TIGHT_MEMORY_MB = 2000


def versions() -> list[Finding]:
    """Python and every package that a run loads."""
    versions = environment.packages()
    missing = [name for name, number in versions.items() if number is None]
    have = ", ".join(f"{name} {number}" for name, number in versions.items() if number)
    every = Finding("ok", "versions", f"Python {platform.python_version()} on {platform.platform()}; {have}")
    if not missing:
        return [every]
    fix = f"python -m pip install {' '.join(missing)}"
    return [every, Finding("error", "versions", f"not installed: {', '.join(missing)}", fix)]


def disk(cache_dir: Path, output_dir: Path) -> list[Finding]:
    """Room for models and for results, and whether they may be written there."""
    return [_disk("models", cache_dir, ADVISED_DISK_GB), _disk("results", output_dir, LEAST_DISK_GB)]


def _disk(what: str, wanted: Path, advised_gb: float) -> Finding:
    there = next(path for path in (wanted, *wanted.parents) if path.exists())
    free_gb = shutil.disk_usage(there).free / 1e9
    used = f", {folder.size_mb(wanted) / 1000:.1f} GB used" if what == "models" and wanted.is_dir() else ""
    detail = f"{what} in {wanted}: {free_gb:.1f} GB free{used}"
    if not there.is_dir() or not os.access(there, os.W_OK):
        return Finding("error", "disk", f"{detail}; {there} cannot be written", "change its rights, or name another.")
    if free_gb < LEAST_DISK_GB:
        return Finding("error", "disk", f"{detail}; less than {LEAST_DISK_GB:g} GB", "free some space.")
    if free_gb < advised_gb:
        fix = f"free some space before downloading; {advised_gb:g} GB is advised."
        return Finding("warning", "disk", f"{detail}, less than the advised {advised_gb:g} GB", fix)
    return Finding("ok", "disk", detail)


def memory() -> list[Finding]:
    """Memory that a model could take now."""
    seen = psutil.virtual_memory()
    detail = f"{seen.available / 1e6:.0f} MB free of {seen.total / 1e6:.0f} MB"
    if seen.available / 1e6 < TIGHT_MEMORY_MB:
        fix = "close other programs, or take a model of under 1000 MB, as demo-small is."
        return [Finding("warning", "memory", f"{detail}: too little for most models", fix)]
    return [Finding("ok", "memory", detail)]


def gpu() -> list[Finding]:
    """NVIDIA GPUs with their memory; others cannot be asked from here."""
    try:
        with nvml.session() as library:
            gpus = [_gpu(library, handle) for handle in nvml.gpus(library)]
    except UnavailableError as error:
        fix = "none is needed for CPU models; for vram_mb of an NVIDIA GPU: python -m pip install 'foundry-exp[gpu]'"
        return [Finding("note", "GPU", f"no NVIDIA GPU can be read ({error})", fix)]
    return [Finding("ok", "GPU", "; ".join(gpus))]


def _gpu(library: nvml.Library, handle: object) -> str:
    name, room = library.nvmlDeviceGetName(handle), library.nvmlDeviceGetMemoryInfo(handle)
    text = name.decode() if isinstance(name, bytes) else name
    return f"{text}, {room.free / 1e6:.0f} MB free of {room.total / 1e6:.0f} MB"
