"""The catalogues of an opened runtime, read into facts: what there is, what of it is cached, and what is missing."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from foundry_exp.runtime.models import folder
from foundry_exp.runtime.models.facts import VariantFacts, not_measurable, tools_of, vision_of
from foundry_exp.runtime.models.variants import device_of, own_alias

if TYPE_CHECKING:
    from foundry_local_sdk import Catalog, FoundryLocalManager, IModel, ModelInfo

SNAPSHOT = "foundry.modelinfo.json"
PUBLIC, LOCAL = "public", "local"
_MIB_IN_MB = 1.048576  # the SDK's file_size_mb is in MiB: an entry of 100 · 2²⁰ bytes comes out as 100
_UNFINISHED = "download.tmp"
_STORED_NAME = re.compile(r"-(\d+)$")


def read(manager: "FoundryLocalManager") -> list[VariantFacts]:
    """Every variant that the runtime shows, your own first."""
    from foundry_local_sdk import CatalogType

    kinds = ((LOCAL, CatalogType.LOCAL), (PUBLIC, CatalogType.PUBLIC))
    return [facts_of(variant, kind) for kind, which in kinds for variant in leaves(manager.get_catalog(which))]


def leaves(catalog: "Catalog") -> list["IModel"]:
    """Every variant of a catalogue."""
    return [variant for entry in catalog.list_models() for variant in entry.variants]


def facts_of(variant: "IModel", kind: str) -> VariantFacts:
    """One variant's facts, each with its source."""
    info = variant.info
    stated = "catalogue" if kind == PUBLIC else "registration"
    path = Path(variant.get_path()) if variant.is_cached else None
    size_mb, size_source = _size(info, path, kind)
    context, context_source = _context(info, path, stated)
    reasoning = info.get_int_property("supports_reasoning", -1)
    device, provider = (info.runtime.device_type, info.runtime.execution_provider) if info.runtime else (None, None)
    stated_device = device.value if device else None
    sources = {
        "device": stated if stated_device else "name" if device_of(variant.id) else None,
        "size_mb": size_source,
        "licence": stated if info.license else None,
        "context_length": context_source,
        "capabilities": stated,
    }
    return VariantFacts(
        id=variant.id,
        alias=alias_of(variant, kind),
        catalogue=kind,
        device=stated_device or device_of(variant.id),
        execution_provider=provider or None,
        size_mb=size_mb,
        licence=info.license or None,
        context_length=context,
        task=info.task or None,
        tools=tools_of(info.supports_tool_calling, info.capabilities),
        reasoning=None if reasoning < 0 else bool(reasoning),
        # a registration without them is given "text", which states nothing
        vision=vision_of(info.task, info.input_modalities if kind == PUBLIC else None),
        cached=variant.is_cached,
        loaded=None,
        path=str(path) if path else None,
        not_measurable=not_measurable(info.task),
        sources={name: source for name, source in sources.items() if source},
    )


def alias_of(variant: "IModel", kind: str) -> str:
    """The model that it is a variant of."""
    return own_alias(variant.id) if kind == LOCAL else variant.info.alias


def _size(info: "ModelInfo", path: Path | None, kind: str) -> tuple[float | None, str | None]:
    if kind == PUBLIC and info.file_size_mb:
        return round(info.file_size_mb * _MIB_IN_MB, 1), "catalogue"
    if path is not None and path.is_dir():
        return round(folder.size_mb(path), 1), "files"
    return None, None


def _context(info: "ModelInfo", path: Path | None, stated: str) -> tuple[int | None, str | None]:
    if info.context_length:
        return info.context_length, stated
    length = folder.context_length(path) if path else None
    return length, folder.GENAI_CONFIG if length else None


def unfinished(cache_dir: Path) -> list[str]:
    """The ids of downloads that were begun and not finished."""
    return sorted(_begun(cache_dir))


def begun_mb(cache_dir: Path, variant: str) -> float:
    """What a begun download has taken of the disk, in 10⁶ bytes."""
    begun = _begun(cache_dir).get(variant)
    return folder.taken_mb(begun) if begun else 0.0


def _begun(cache_dir: Path) -> dict[str, Path]:
    """The folder of each download that was begun and not finished, by its id."""
    folders = [marker.parent for marker in cache_dir.glob(f"*/*/{_UNFINISHED}")]
    return {_STORED_NAME.sub(r":\1", path.name): path for path in folders}


def has_snapshot(cache_dir: Path) -> bool:
    """Whether a catalogue was stored here by an earlier look at it."""
    return (cache_dir / SNAPSHOT).is_file()
