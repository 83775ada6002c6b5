"""Is the cache sound: each model complete, of the size stated, and loadable; and how to repair what is not."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from foundry_exp.errors import BackendError, SkipCellError, near
from foundry_exp.runtime.models import catalogue, folder
from foundry_exp.runtime.models.runtime import registered, translated
from foundry_exp.runtime.models.variants import needed_providers

if TYPE_CHECKING:
    from foundry_local_sdk import FoundryLocalManager, IModel

SIZE_TOLERANCE = 0.05
"""The catalogue states sizes in whole MiB, and its own list of files may differ by a small one."""


@dataclass(frozen=True, slots=True)
class CachedModel:
    """One model that is in the cache, or was begun, and its state."""

    id: str
    path: str | None
    problem: str | None
    """What is wrong; null when it is complete and loads."""
    repair: str | None = None
    size_mb: float | None = None


def verify(
    manager: "FoundryLocalManager", data_dir: Path, cache_dir: Path, names: Sequence[str], tell: Callable[[str], None]
) -> list[CachedModel]:
    """The state of each cached or begun model, or for those named."""
    models = []
    for variant, kind in _cached(manager):
        if _named(names, variant.id, catalogue.alias_of(variant, kind)):
            tell(variant.id)
            _register_its_provider(manager, variant.id, data_dir)
            models.append(_state(variant, kind))
    for name in catalogue.unfinished(cache_dir):
        if _named(names, name, name):
            models.append(CachedModel(name, None, "its download was begun and not finished", _pull(name)))
    return models


def unmatched(manager: "FoundryLocalManager", cache_dir: Path, names: Sequence[str]) -> list[str]:
    """A sentence for each name that is neither an id nor an alias of what is here, with those that are like it."""
    here = set(catalogue.unfinished(cache_dir))
    for variant, kind in _cached(manager):
        here |= {variant.id, catalogue.alias_of(variant, kind)}
    absent = [name for name in dict.fromkeys(names) if name not in here]
    return [f"{name}: not in {cache_dir}; {near(name, here)}" for name in absent]


def _cached(manager: "FoundryLocalManager") -> list[tuple["IModel", str]]:
    """Each variant that is here, your own first, and the kind of catalogue that knows it."""
    from foundry_local_sdk import CatalogType

    kinds = ((catalogue.LOCAL, CatalogType.LOCAL), (catalogue.PUBLIC, CatalogType.PUBLIC))
    return [(variant, kind) for kind, which in kinds for variant in manager.get_catalog(which).get_cached_models()]


def _register_its_provider(manager: "FoundryLocalManager", variant: str, data_dir: Path) -> None:
    wanted = needed_providers("auto", None, variant)
    if wanted != ():
        registered(manager, wanted, data_dir)


def _named(names: Sequence[str], *own: str) -> bool:
    return not names or bool(set(names) & set(own))


def _state(variant: "IModel", kind: str) -> CachedModel:
    path = Path(variant.get_path())
    size_mb = round(folder.size_mb(path), 1) if path.is_dir() else None
    again = _again(variant.id, path, kind)
    try:
        problem = _problem(variant, path, size_mb, kind)
    except SkipCellError as error:  # the folder is whole, and this machine lacks what runs it
        lacks = str(error).removeprefix(f"{variant.id}: ")
        return CachedModel(variant.id, str(path), f"complete, not loaded: {lacks}", None, size_mb)
    return CachedModel(variant.id, str(path), problem, again if problem else None, size_mb)


def _problem(variant: "IModel", path: Path, size_mb: float | None, kind: str) -> str | None:
    if size_mb is None:
        return "its folder is gone"
    missing = folder.missing(path)
    if missing:
        return f"lacks {', '.join(missing)}"
    stated_mb = catalogue.facts_of(variant, kind).size_mb
    if kind == catalogue.PUBLIC and stated_mb and size_mb < stated_mb * (1 - SIZE_TOLERANCE):
        return f"holds {size_mb:.1f} MB where the catalogue states {stated_mb:.1f} MB"
    return _load_problem(variant)


def _load_problem(variant: "IModel") -> str | None:
    try:
        with translated("load"):
            variant.load()
            variant.unload()
    except BackendError as error:
        return f"does not load: {error}"
    return None


def _again(variant: str, path: Path, kind: str) -> str:
    if kind == catalogue.LOCAL:
        return f"mend the folder, or register another with python -m foundry_exp models add PATH --variant {variant}"
    return f"remove {path} and run {_pull(variant)}"


def _pull(variant: str) -> str:
    return f"python -m foundry_exp models pull {variant}"
