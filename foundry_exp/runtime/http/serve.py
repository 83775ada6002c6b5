"""`python -m foundry_exp.runtime.http.serve`: the SDK's own web service, in a process of its own.

Its job says which model, and its one step where it is served. It ends when its parent is gone, or needs it no longer.
"""

import os
from dataclasses import asdict
from typing import Any

from foundry_exp.protocols import ModelRequest
from foundry_exp.runtime import worker_side
from foundry_exp.runtime.backends.native import NativeBackend
from foundry_exp.runtime.models import closed_catalogue, request, runtime
from foundry_exp.runtime.worker_side import Parent

_END_S = 8.0  # the runtime's close can hang (foundry-local-sdk 2.2.1)


def serve(parent: Parent) -> None:
    """Serve one model until the parent is gone."""
    backend = _backend(parent.job)
    parent.say("serving", **_served(backend, request.from_json(parent.job["model"])))
    # the SDK repeats its log on stderr; nobody reads that from here on
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    parent.gone.wait()
    _stop(backend)


def _backend(job: dict[str, Any]) -> NativeBackend:
    if not job["cache_only"]:
        return NativeBackend(job["data_dir"], job["cache_dir"], job["catalogue_url"])
    runtime.send_nothing()
    return NativeBackend(job["data_dir"], job["cache_dir"], closed_catalogue.opened())


def _served(backend: NativeBackend, model: ModelRequest) -> dict[str, Any]:
    import psutil

    baseline_mb = psutil.Process().memory_info().rss / 1e6
    loaded = backend.load(model)
    url = _start_service()
    facts = {**asdict(loaded), "path": str(loaded.path) if loaded.path else None}
    # a model registered from a folder is served only there
    base_url = f"{url}/catalogs/local/v1" if model.path else f"{url}/v1"
    seen = {"load_s": loaded.load_s, "rss_baseline_mb": baseline_mb, "pid": os.getpid()}
    return {"base_url": base_url, "loaded": facts, "seen": seen}


def _start_service() -> str:
    from foundry_local_sdk import FoundryLocalManager

    with runtime.translated("service"):
        manager = FoundryLocalManager.instance
        manager.start_web_service()
        return str(manager.urls[0]).rstrip("/")


def _stop(backend: NativeBackend) -> None:
    from foundry_local_sdk import FoundryLocalManager

    with runtime.translated("service"):
        FoundryLocalManager.instance.stop_web_service()
    backend.unload()


if __name__ == "__main__":
    worker_side.run(serve, grace_s=_END_S)
