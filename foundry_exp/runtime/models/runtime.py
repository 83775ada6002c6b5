"""The Foundry Local SDK 2.2: opening it quietly, its errors in our words, its log, and its execution providers."""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foundry_exp.errors import BackendError, SkipCellError
from foundry_exp.runtime.models.variants import CUDA, WEBGPU, Providers, among

if TYPE_CHECKING:
    from foundry_local_sdk import FoundryLocalException, FoundryLocalManager

APP_NAME = "foundry_exp"
DISK_FULL = "errno 28"
"""How 2.2.1 says that the disk is full."""
LOG_GLOB = "foundry_local_*.log"
_PROVIDER = re.compile(rb"\[Telemetry\] Model .*?\bEP=(\S+)")
_FETCH = re.compile(rb"CatalogFetch .*? Status=(\w+)")
_BUNDLES = {
    CUDA: ("cuda-ep", "FOUNDRY_LOCAL_CUDA_EP_LIBRARY"),
    WEBGPU: ("webgpu-ep", "FOUNDRY_LOCAL_WEBGPU_EP_LIBRARY"),
}
"""The providers that the runtime itself downloads: their folder in `ep`, and the variable that names another file."""
_LIBRARIES = (".so", ".dll", ".dylib")
_SOURCE_POSITION = re.compile(
    r"^(?:[\w/\\.-]+\.(?:cc|cpp|h):\d+[:\s]*)+"
    r"(?:(?:[\w:<>,*&~]+ )*(?:\w+(?:<[^ ]*>)?::)+~?\w+\((?:[^()]|\([^()]*\))*\)(?: const)?\s*)?"
)
"""In front of a message: file and line, and the signature of the function."""
_UNREGISTERED = re.compile(r"model '(?P<model>[^']+)' requires (?P<provider>\w+) which is not registered")
# With an external service named, the SDK reads its catalogue from its own cache alone. That is undocumented in
# 2.2.1; tests/models/test_offline.py guards it. Nothing ever connects to the address.
_CACHE_ONLY_URL = "http://127.0.0.1:5273"


@contextmanager
def opened(
    data_dir: Path,
    cache_dir: Path,
    log_dir: Path,
    catalogue_url: str | None = None,
    cache_only: bool = False,
) -> Iterator["FoundryLocalManager"]:
    """The runtime's manager, closed at the end. It is one per process."""
    if cache_only:
        send_nothing()
    os.environ.setdefault("ORT_TELEMETRY_DISABLED", "1")
    from foundry_local_sdk import Configuration, FoundryLocalManager, LogLevel

    config = Configuration(
        app_name=APP_NAME,
        app_data_dir=str(data_dir),
        model_cache_dir=str(cache_dir),
        logs_dir=str(log_dir),
        log_level=LogLevel.DEBUG,  # the level at which the log names the provider of each request
        disable_nonessential_telemetry=True,
        catalog_urls=[(catalogue_url, None)] if catalogue_url else None,
        web=Configuration.WebService(external_url=_CACHE_ONLY_URL) if cache_only else None,
    )
    with translated("load"):
        manager = FoundryLocalManager(config)
    try:
        yield manager
    finally:
        manager.close()


def send_nothing() -> None:
    """Keep the runtime from uploading telemetry, of which 2.2.1 lets only a part be switched off, in this process.

    It uploads none in what it takes for a build server. Its log goes on.
    """
    os.environ.setdefault("CI", "true")


@contextmanager
def translated(error_class: str) -> Iterator[None]:
    """Turn the SDK's exceptions into a BackendError of a class that says what failed, or a SkipCellError."""
    from foundry_local_sdk import FoundryLocalException

    try:
        yield
    except FoundryLocalException as error:
        message = plain(str(error))
        if lacks := _UNREGISTERED.search(message):
            raise SkipCellError(_lacking(**lacks.groupdict())) from error
        if error_class == "load" and _BROKEN_FILE in message:
            message = f"{message.rstrip('.')}; the file may be damaged or cut off: put a whole one in its place."
        raise BackendError(_class_of(error, message, error_class), message) from error
    except (RuntimeError, ValueError, TypeError) as error:
        raise BackendError(error_class, plain(str(error))) from error


def _lacking(model: str, provider: str) -> str:
    return (
        f"{model}: needs {provider}, which is not registered here; install its device's driver and have it fetched "
        f"with python -m foundry_exp models accel=auto, or measure a variant for the CPU with accel=cpu."
    )


def _class_of(error: "FoundryLocalException", message: str, otherwise: str) -> str:
    if "maximum context length" in message or "context length" in message:
        return "context_overflow"
    if DISK_FULL in message:
        return "disk_full"
    cancelled, network = 5, 6
    words = {cancelled: "cancelled", network: "network"}
    return words.get(error.error_code, otherwise)


_BROKEN_FILE = "Load model from"  # ONNX Runtime's words before the file that it could not read


def plain(message: str) -> str:
    """The runtime's message without its C++ source positions and signatures, on one line."""
    return _SOURCE_POSITION.sub("", " ".join(message.split())) or "the runtime gave no reason"


def json_constraint(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema for the runtime's grammar engine (llguidance), without white space between tokens.

    With 2.2.1, a small model that may write white space writes it until its tokens are used up.
    """
    return {**schema, "x-guidance": {"whitespace_flexible": False}}


def providers(log: bytes) -> list[str]:
    """The execution provider of each request, as the runtime's own log has it."""
    return [match.decode("utf-8", "replace") for match in _PROVIDER.findall(log)]


def fetched_catalogue(log: bytes) -> bool | None:
    """Whether the catalogue answered: only the log says so, for the SDK is silent when a fetch fails; null: not yet."""
    statuses = _FETCH.findall(log)
    return b"Success" in statuses if statuses else None


def registered(manager: "FoundryLocalManager", wanted: Sequence[str] | None, data_dir: Path | None = None) -> Providers:
    """Register the execution providers wanted (null: all there are), and say which there are afterwards.

    With the runtime's `data_dir`, nothing is downloaded: only what is there already is registered. What
    `download_and_register_eps` returns is not believed: for an unknown name 2.2.1 reports success.
    """
    with translated("provider"):
        offered = [entry.name for entry in manager.discover_eps()]
        names = [name for name in offered if wanted is None or among(name, wanted)]
        if data_dir is not None:
            names = [name for name in names if _is_here(name, data_dir, named=wanted is not None)]
        if names:
            manager.download_and_register_eps(names)
    return seen(manager, wanted)


def seen(manager: "FoundryLocalManager", wanted: Sequence[str] | None) -> Providers:
    """Which execution providers there are, and which of those wanted (null: all that are known) are missing."""
    with translated("provider"):
        offered = manager.discover_eps()
    there = tuple(entry.name for entry in offered if entry.is_registered)
    names = [entry.name for entry in offered] if wanted is None else wanted
    return Providers(registered=there, missing=tuple(name for name in names if not among(name, there)))


def _is_here(name: str, data_dir: Path, *, named: bool) -> bool:
    """Whether registering a provider fetches nothing.

    Windows keeps all but two, and does not say which it has: of those, only one that is wanted by its name is tried.
    """
    bundle = next((entry for other, entry in _BUNDLES.items() if among(name, (other,))), None)
    if bundle is None:
        return named
    folder, variable = bundle
    libraries = (path for path in (data_dir / "ep" / folder).rglob("*") if path.suffix in _LIBRARIES)
    return bool(os.environ.get(variable)) or next(libraries, None) is not None
