"""Look whether a cell's model fits into this machine's memory: by its stated size, and by its files before loading."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foundry_exp.records.config import Config
from foundry_exp.runtime.meters import nvml
from foundry_exp.runtime.meters.meter import UnavailableError
from foundry_exp.runtime.models import fit, folder, request, variants

if TYPE_CHECKING:
    from foundry_exp.measure.cell import Cell


def check_stated(cell: "Cell", resolved: Mapping[str, Any]) -> None:
    """Raise SkipCellError when the variant of the catalogue that a cell came to cannot fit; nothing is here yet."""
    config = cell.config
    files_mb = resolved["size_mb"] or config.model.size_mb
    if config.fit == "ignore" or files_mb is None:
        return
    asked = (([message.content for message in sample.messages], sample.max_tokens) for sample in cell.prompts.samples)
    tokens = _tokens(asked, config.generation.max_tokens)
    needed = fit.stated_need(files_mb, resolved["context_length"], tokens, config.workload.concurrency)
    _refuse(needed, resolved["device"], fit.Visible(**resolved["visible"]))


def check(config: Config, job: Mapping[str, Any]) -> None:
    """Raise SkipCellError when the model of a cell's job does not fit; only the runtime's own models are judged."""
    if config.fit == "ignore" or not config.backend.keeps_models:
        return
    path = Path(job["files"]) if job["files"] else None
    files_mb = folder.size_mb(path) if path else config.model.size_mb
    if files_mb is None:
        return
    asked = (([message["content"] for message in one["messages"]], one["max_tokens"]) for one in job["samples"])
    tokens = _tokens(asked, config.generation.max_tokens)
    needed = fit.need(files_mb, _genai_config(path), tokens, config.workload.concurrency)
    device = variants.device_of(job["model"]["variant"] or "") or config.accel.device
    _refuse(needed, device, fit.Visible(**job["visible"]) if job["visible"] else fit.NOTHING_VISIBLE)


def _refuse(needed: fit.Need, device: str | None, seen: fit.Visible) -> None:
    vram_mb = _free_vram_mb() if device == "GPU" else None
    free_mb, where = (vram_mb, "VRAM") if vram_mb is not None else (_free_memory_mb(), "memory")
    fit.refuse(needed, free_mb, where, request.option_sizes_mb, seen)


def _tokens(asked: Iterable[tuple[list[str], int | None]], limit: int) -> int:
    """The longest prompt, estimated, and its answer."""
    return max(sum(map(len, texts)) // fit.CHARACTERS_PER_TOKEN + int(most or limit) for texts, most in asked)


def _genai_config(path: Path | None) -> dict[str, Any] | None:
    try:
        return folder.read_genai_config(path) if path else None
    except (OSError, ValueError):
        return None


def _free_memory_mb() -> float:
    import psutil

    return float(psutil.virtual_memory().available / 1e6)


def _free_vram_mb() -> float | None:
    """Of the GPU that has most; null when no NVIDIA GPU can be asked."""
    try:
        with nvml.session() as library:
            return max(library.nvmlDeviceGetMemoryInfo(gpu).free for gpu in nvml.gpus(library)) / 1e6
    except UnavailableError:
        return None
