"""`python -m foundry_exp.runtime.http.serve`: the SDK's own web service, in a process of its own.

One line of JSON in says which model; one line out says where it is served. It ends when its standard input
closes, which also happens when its parent dies.
"""

import json
import os
import signal
import sys
import threading
import time
from dataclasses import asdict
from typing import Any, TextIO

from foundry_exp.errors import BackendError, FoundryExpError, SkipCellError
from foundry_exp.protocols import ModelRequest
from foundry_exp.runtime.backends.native import NativeBackend
from foundry_exp.runtime.models import closed_catalogue, request, runtime

_END_S = 8.0  # the runtime's close can hang (foundry-local-sdk 2.2.1)


def main() -> int:
    """Serve one model until standard input closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the parent's to handle
    out = _claim_stdout()
    said = json.loads(sys.stdin.readline())
    closed = threading.Event()
    threading.Thread(target=_watch_stdin, args=(closed,), daemon=True).start()
    backend = _backend(said)
    try:
        _say(out, _serve(backend, request.from_json(said["model"])))
    except FoundryExpError as error:
        _say(out, {"error": _class_of(error), "message": str(error)})
        return 1
    # the SDK repeats its log on stderr; nobody reads that from here on
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    closed.wait()
    _stop(backend)
    return 0


def _backend(said: dict[str, Any]) -> NativeBackend:
    if not said["cache_only"]:
        return NativeBackend(said["data_dir"], said["cache_dir"], said["catalogue_url"])
    runtime.send_nothing()
    return NativeBackend(said["data_dir"], said["cache_dir"], closed_catalogue.opened())


def _serve(backend: NativeBackend, model: ModelRequest) -> dict[str, Any]:
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


def _class_of(error: FoundryExpError) -> str:
    if isinstance(error, SkipCellError):
        return "skip"
    return error.error_class if isinstance(error, BackendError) else "load"


def _claim_stdout() -> TextIO:
    """The real standard output, kept for our lines: whatever native code prints goes to stderr."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return out


def _say(out: TextIO, said: dict[str, Any]) -> None:
    out.write(json.dumps(said) + "\n")
    out.flush()


def _watch_stdin(closed: threading.Event) -> None:
    """Let the process end when stdin closes, and make it, should it hang in native code."""
    sys.stdin.read()
    closed.set()
    time.sleep(_END_S)
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
