"""`python -m foundry_exp.cli.doctor.probe`: look at one thing that can hang; a step for each thing seen."""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from foundry_exp import target
from foundry_exp.protocols import Backend, ModelRequest, OwnProcess, one_token
from foundry_exp.records.record import CONTENT_KINDS
from foundry_exp.runtime import worker_side
from foundry_exp.runtime.models import catalogue, request, runtime
from foundry_exp.runtime.worker_side import Parent

Say = Callable[..., None]

_never_closed: list[Any] = []
"""The runtime's close can hang; this process ends without it."""


def work(parent: Parent) -> None:
    """Do the job that the parent gave."""
    _JOBS[parent.job["do"]](parent.job, parent.say)


def _runtime(job: dict[str, Any], say: Say) -> None:
    """Open the runtime and list what it has; its own log, on stderr, tells the rest."""
    from foundry_local_sdk import CatalogType

    opened = runtime.opened(Path(job["data_dir"]), Path(job["cache_dir"]), Path(job["log_dir"]), **job["catalogue"])
    _never_closed.append(opened)
    manager = opened.__enter__()
    say("library")
    found = [{"name": provider.name, "registered": provider.is_registered} for provider in manager.discover_eps()]
    say("providers", found=found)
    say("own", found=_here(manager.get_catalog(CatalogType.LOCAL), catalogue.LOCAL))
    catalog = manager.get_catalog()
    aliases = sorted({model.alias for model in catalog.list_models()})
    say("catalogue", aliases=aliases, cached=_here(catalog, catalogue.PUBLIC))


def _here(catalog: Any, kind: str) -> list[dict[str, str | None]]:
    """Each variant that is on this disk; one of your own with its folder, by which a run would load it."""
    return [
        {
            "id": one.id,
            "alias": catalogue.alias_of(one, kind),
            "path": str(one.get_path()) if kind == catalogue.LOCAL else None,
        }
        for one in catalog.get_cached_models()
    ]


def _endpoint(job: dict[str, Any], say: Say) -> None:
    """What kind of service answers at an address, and which models it lists."""
    from foundry_exp.runtime.http import address, discovery
    from foundry_exp.runtime.http.client import ChatClient

    client = ChatClient(
        address.parse(job["base_url"]), job["api_key_env"], job["connect_timeout_s"], clock=time.perf_counter_ns
    )
    kind = discovery.generation(client)
    say("service", kind=kind, where=client.where)
    say("models", ids=discovery.ids(client))


def _model(job: dict[str, Any], say: Say) -> None:
    """One token of one model through its backend, as a run would load it."""
    asked = request.from_json({**job["model"], "log_dir": job["log_dir"]})
    backend: Backend = target.build(_without_trace(job["backend"], asked), "backend")
    start_s = time.perf_counter()
    loaded = backend.load(asked)
    say("loaded", variant=loaded.variant, device=loaded.device, load_s=time.perf_counter() - start_s)
    if job["has_service"]:
        say("listed", ids=_listed_by(backend.model_pid if isinstance(backend, OwnProcess) else None))
    events = list(backend.stream(one_token(job["limit_s"]), time.perf_counter_ns))
    say("answered", text="".join(event.text for event in events if event.kind in CONTENT_KINDS))
    backend.unload()


def _without_trace(backend: dict[str, Any], asked: ModelRequest) -> dict[str, Any]:
    """For a folder, the backend with a list of own models that is thrown away: looking must not change the user's."""
    if asked.path is None or "cache_dir" not in backend:
        return backend
    return {**backend, "cache_dir": str(asked.log_dir / "models")}


def _listed_by(pid: int | None) -> list[str] | None:
    """The ids at /v1/models of the service that a process runs on 127.0.0.1; null when it cannot be found."""
    import urllib.error
    import urllib.request

    import psutil

    if pid is None:
        return None
    ports = [at.laddr.port for at in psutil.Process(pid).net_connections("tcp") if at.status == psutil.CONN_LISTEN]
    found: list[str] = []
    for port in ports:
        # models of your own folders are listed under the second address only (2.2.1)
        for path in ("v1/models", "catalogs/local/v1/models"):
            with (
                suppress(urllib.error.HTTPError),  # the process listens for other things too
                urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=30) as answer,
            ):
                found += [entry["id"] for entry in json.load(answer).get("data", [])]
    return found if ports else None


_JOBS: dict[str, Callable[[dict[str, Any], Say], None]] = {
    "runtime": _runtime,
    "endpoint": _endpoint,
    "model": _model,
}

if __name__ == "__main__":
    worker_side.run(work)
