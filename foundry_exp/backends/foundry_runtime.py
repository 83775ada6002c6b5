"""The Foundry Local SDK 2.2: opening it quietly, finding or registering one model, and reading its log."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from foundry_exp.errors import BackendError
from foundry_exp.models import variants
from foundry_exp.protocols import ModelRequest

APP_NAME = "foundry_exp"
LOG_GLOB = "foundry_local_*.log"
_LOCAL_VERSION = 1
_SOURCE_POSITION = re.compile(r"^(?:[\w/\\.-]+\.(?:cc|cpp|h):\d+[:\s]*)+")
_PROVIDER = re.compile(rb"\[Telemetry\] Model .*?\bEP=(\S+)")


@contextmanager
def opened(data_dir: Path, cache_dir: Path, log_dir: Path, **web: Any) -> Iterator[Any]:
    """The runtime's manager, closed at the end. It is one per process."""
    os.environ.setdefault("ORT_TELEMETRY_DISABLED", "1")
    from foundry_local_sdk import Configuration, FoundryLocalManager, LogLevel

    config = Configuration(
        app_name=APP_NAME,
        app_data_dir=str(data_dir),
        model_cache_dir=str(cache_dir),
        logs_dir=str(log_dir),
        log_level=LogLevel.DEBUG,  # the level at which the log names the provider of each request
        disable_nonessential_telemetry=True,
        **web,
    )
    with translated("load"):
        FoundryLocalManager.initialize(config)
    manager = FoundryLocalManager.instance
    try:
        yield manager
    finally:
        manager.close()


@contextmanager
def translated(error_class: str) -> Iterator[None]:
    """Turn the SDK's exceptions into a BackendError of a class that says what failed."""
    from foundry_local_sdk import FoundryLocalException

    try:
        yield
    except FoundryLocalException as error:
        message = plain(str(error))
        raise BackendError(_class_of(error, message, error_class), message) from error
    except (RuntimeError, ValueError, TypeError) as error:
        raise BackendError(error_class, plain(str(error))) from error


def _class_of(error: Any, message: str, otherwise: str) -> str:
    if "maximum context length" in message or "context length" in message:
        return "context_overflow"
    cancelled, network = 5, 6
    words = {cancelled: "cancelled", network: "network"}
    return words.get(error.error_code, otherwise)


def plain(message: str) -> str:
    """The runtime's message without its C++ source positions, on one line."""
    return _SOURCE_POSITION.sub("", " ".join(message.split())) or "the runtime gave no reason"


def find(manager: Any, model: ModelRequest) -> Any:
    """The one variant that the request means: registered from its folder, or from the catalogue."""
    return _registered(manager, model) if model.path else _from_catalogue(manager, model)


def _registered(manager: Any, model: ModelRequest) -> Any:
    from foundry_local_sdk import CatalogType, ModelInfoBuilder

    assert model.path is not None
    model_id = model.variant or f"{model.alias}-generic-cpu:{_LOCAL_VERSION}"
    variants.choose([model_id], model.alias, model.accel, model.device, model.prefer)
    catalog = manager.get_catalog(CatalogType.LOCAL)
    known = catalog.get_model_variant(model_id)
    if known is not None and Path(known.get_path()) == model.path:
        return known
    if known is not None:
        catalog.unregister_model(model_id)
    with ModelInfoBuilder() as about:
        about.set_string_property("task", "chat-completion")
        return catalog.register_model(str(model.path), model_id, about)


def _from_catalogue(manager: Any, model: ModelRequest) -> Any:
    catalog = manager.get_catalog()
    if model.variant:
        found = catalog.get_model_variant(model.variant)
    else:
        container = catalog.get_model(model.alias)
        ids = [variant.id for variant in container.variants] if container else []
        if container is not None and model.device is None:
            return container
        chosen = variants.choose(ids, model.alias, model.accel, model.device, model.prefer) if ids else None
        found = catalog.get_model_variant(chosen) if chosen else None
    if found is None:
        raise BackendError("not_found", _not_found(catalog, model))
    return found


def _not_found(catalog: Any, model: ModelRequest) -> str:
    from foundry_exp.errors import near

    aliases = [listed.alias for listed in catalog.list_models()]
    wanted = model.variant or model.alias
    if not aliases:
        return f"{wanted}: no Foundry catalogue can be reached or is stored here; connect once, or use model.path."
    return f"{wanted}: not in the Foundry catalogue; {near(wanted, aliases)}"


def providers(log: bytes) -> list[str]:
    """The execution provider of each request, as the runtime's own log has it."""
    return [match.decode("utf-8", "replace") for match in _PROVIDER.findall(log)]
