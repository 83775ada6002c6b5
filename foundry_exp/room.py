"""Look whether a cell's model fits into the memory of this machine, just before it is loaded."""

from pathlib import Path
from typing import Any

import psutil

from foundry_exp.meters import nvml
from foundry_exp.meters.unavailable import UnavailableError
from foundry_exp.models import fit, folder, options


def check(job: dict[str, Any]) -> None:
    """Raise SkipCellError when the model of a cell's job does not fit; only the runtime's own models are judged."""
    config = job["config"]
    if config["fit"] == "ignore" or "cache_dir" not in config["backend"]:
        return
    path = Path(job["files"]) if job["files"] else None
    files_mb = folder.size_mb(path) if path else config["model"]["size_mb"]
    if files_mb is None:
        return
    needed = fit.need(files_mb, _genai_config(path), _tokens(job), config["workload"]["concurrency"])
    vram_mb = _free_vram_mb() if config["accel"]["device"] == "GPU" else None
    if vram_mb is not None:
        fit.refuse(needed, vram_mb, "VRAM", options.sizes_mb)
    else:
        fit.refuse(needed, psutil.virtual_memory().available / 1e6, "memory", options.sizes_mb)


def _tokens(job: dict[str, Any]) -> int:
    """The longest prompt, estimated, and its answer."""
    limit: int = job["config"]["generation"]["max_tokens"]
    return max(
        sum(len(message["content"]) for message in sample["messages"]) // fit.CHARACTERS_PER_TOKEN
        + int(sample["max_tokens"] or limit)
        for sample in job["samples"]
    )


def _genai_config(path: Path | None) -> dict[str, Any] | None:
    try:
        return folder.read_genai_config(path) if path else None
    except (OSError, ValueError):
        return None


def _free_vram_mb() -> float | None:
    """Of the GPU that has most; null when no NVIDIA GPU can be asked."""
    try:
        with nvml.session() as library:
            return max(float(library.nvmlDeviceGetMemoryInfo(gpu).free) for gpu in nvml.gpus(library)) / 1e6
    except UnavailableError:
        return None
