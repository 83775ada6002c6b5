"""`python -m foundry_exp.runtime.http.serve`: the SDK's own web service, in a process of its own.

Its job says which model, and its one step where it is served. It ends when its parent is gone, or needs it no longer.
"""

import os
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

from foundry_exp.errors import BackendError
from foundry_exp.protocols import ModelRequest
from foundry_exp.runtime import worker_side
from foundry_exp.runtime.backends.native import NativeBackend
from foundry_exp.runtime.models import request, runtime
from foundry_exp.runtime.worker_side import Parent

if TYPE_CHECKING:
    from foundry_local_sdk import FoundryLocalManager

_LOOPBACK = "127.0.0.1"
_CATALOGUE_PATH = "/asset-gallery/v1.0/models"
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
    return NativeBackend(job["data_dir"], job["cache_dir"], _closed_catalogue())


def _closed_catalogue() -> str:
    """The address of a catalogue that refuses, so that the runtime goes by what is stored and asks no network.

    The SDK's own cache-only mode will not do for its web service, which 2.2.1 refuses to start in it. An address where
    nobody listens is tried for 4.5 s; an answer of 404 is taken at once. It is there until this process ends.
    """
    excepted = [name for name in (os.environ.get("NO_PROXY"), _LOOPBACK) if name]
    os.environ["NO_PROXY"] = ",".join(excepted)  # native code would ask a proxy for this address too
    server = HTTPServer((_LOOPBACK, 0), _Refusal)
    threading.Thread(target=_refuse, args=(server,), daemon=True).start()
    return f"http://{_LOOPBACK}:{server.server_port}{_CATALOGUE_PATH}"


def _refuse(server: HTTPServer) -> None:
    """One request after the other; between them nothing runs, not even a timer."""
    while True:
        server.handle_request()


class _Refusal(BaseHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 — its parent's name for it
        pass

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(404)
        self.send_header("Content-Length", "0")
        self.end_headers()


def _served(backend: NativeBackend, model: ModelRequest) -> dict[str, Any]:
    import psutil

    baseline_mb = psutil.Process().memory_info().rss / 1e6
    loaded = replace(backend.load(model), rss_baseline_mb=baseline_mb)
    url = _start_service()
    # a model registered from a folder is served only there
    base_url = f"{url}/catalogs/local/v1" if model.path else f"{url}/v1"
    return {"base_url": base_url, "loaded": request.facts(loaded)}


def _start_service() -> str:
    manager = _manager()
    with runtime.translated("service"):
        manager.start_web_service()
    if not manager.urls:
        raise BackendError("service", "the runtime's web service was started and names no address; see runtime.log.")
    return manager.urls[0].rstrip("/")


def _manager() -> "FoundryLocalManager":
    """The one of this process, which the backend opened."""
    from foundry_local_sdk import FoundryLocalManager

    if FoundryLocalManager.instance is None:
        raise BackendError("service", "the runtime is closed in the process that serves it; see runtime.log.")
    return FoundryLocalManager.instance


def _stop(backend: NativeBackend) -> None:
    with runtime.translated("service"):
        _manager().stop_web_service()
    backend.unload()


if __name__ == "__main__":
    worker_side.run(serve, grace_s=_END_S)
