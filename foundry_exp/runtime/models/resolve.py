"""From what was asked for to one variant of an opened runtime, registered from its folder or from a catalogue."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from foundry_exp.errors import BackendError
from foundry_exp.protocols import ModelRequest
from foundry_exp.runtime.models import catalogue, variants
from foundry_exp.runtime.models.facts import not_measurable
from foundry_exp.runtime.models.runtime import registered, seen

if TYPE_CHECKING:
    from foundry_local_sdk import Catalog, FoundryLocalManager, IModel

_LOCAL_VERSION = 1


def providers(manager: "FoundryLocalManager", model: ModelRequest, data_dir: Path | None) -> variants.Providers:
    """What the request needs of execution providers, registered; with a `data_dir`, only what is there already."""
    own = model.variant or (_own_id(model) if model.path else None)
    wanted = variants.needed_providers(model.accel, model.device, own)
    if wanted == ():
        return seen(manager, variants.providers_for(model.accel, model.device))
    return registered(manager, wanted, data_dir)


def find(manager: "FoundryLocalManager", model: ModelRequest, there: variants.Providers) -> "IModel":
    """The one variant that the request means, by the providers there are; raises BackendError or SkipCellError."""
    if model.path:
        model_id = _own_id(model)
        if model.variant:
            variants.refuse_pinned(model_id, model.accel, model.device, there)
        else:
            variants.choose([model_id], model.alias, model.accel, model.device, model.prefer, there)
        return register(manager, model.path, model_id)
    return _measurable(_from_catalogues(manager, model, there))


def _own_id(model: ModelRequest) -> str:
    """What the runtime takes for a name, of an alias that may be any folder's name."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", model.alias).lstrip("._-") or "model"
    return model.variant or f"{name}-generic-cpu:{_LOCAL_VERSION}"


def register(manager: "FoundryLocalManager", path: Path, model_id: str) -> "IModel":
    """The variant of that id in the LOCAL catalogue, registered from the folder unless it is so already."""
    from foundry_local_sdk import CatalogType, ModelInfoBuilder

    catalog = manager.get_catalog(CatalogType.LOCAL)
    present = catalog.get_model_variant(model_id)
    if present is not None and Path(present.get_path()) == path:
        return present
    if present is not None:
        catalog.unregister_model(model_id)
    with ModelInfoBuilder() as about:
        about.set_string_property("task", "chat-completion")
        return catalog.register_model(str(path), model_id, about)


def _from_catalogues(manager: "FoundryLocalManager", model: ModelRequest, there: variants.Providers) -> "IModel":
    """Your own models first: they need no network, and one of that name was registered on purpose."""
    from foundry_local_sdk import CatalogType

    own, public = manager.get_catalog(CatalogType.LOCAL), manager.get_catalog()
    if model.variant:
        variant = own.get_model_variant(model.variant) or public.get_model_variant(model.variant)
    else:
        variant = _own(own, model, there) or _chosen(public, model, there)
    if variant is not None:
        return variant
    listed = [(one, catalogue.LOCAL) for one in catalogue.leaves(own)]
    listed += [(one, catalogue.PUBLIC) for one in catalogue.leaves(public)]
    names = sorted({one.id if model.variant else catalogue.alias_of(one, kind) for one, kind in listed})
    raise BackendError("not_found", variants.unknown(model.variant or model.alias, names))


def _own(catalog: "Catalog", model: ModelRequest, there: variants.Providers) -> "IModel | None":
    """Of your own models; a name with a vendor's ending is an alias too, as the runtime itself has it."""
    ids = [one.id for one in catalogue.leaves(catalog)]
    meant = [name for name in ids if model.alias in (variants.own_alias(name), name.rpartition(":")[0])]
    if not meant:
        return None
    prefer = model.prefer if model.device is not None else variants.AUTO_ORDER
    fitting = variants.runnable(meant, there.registered)
    return catalog.get_model_variant(variants.choose(fitting, model.alias, model.accel, model.device, prefer, there))


def _chosen(catalog: "Catalog", model: ModelRequest, there: variants.Providers) -> "IModel | None":
    container = catalog.get_model(model.alias)
    if container is None:
        return None
    if model.device is None:
        return catalog.get_model_variant(container.id)  # the SDK's own order
    ids = [variant.id for variant in container.variants]
    return catalog.get_model_variant(variants.choose(ids, model.alias, model.accel, model.device, model.prefer, there))


def _measurable(variant: "IModel") -> "IModel":
    reason = not_measurable(variant.info.task)
    if reason:
        msg = f"{variant.id}: {reason}; choose a chat model, see python -m foundry_exp models."
        raise BackendError("not_measurable", msg)
    return variant
