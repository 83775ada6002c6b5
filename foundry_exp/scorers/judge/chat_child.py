"""`python -m foundry_exp.scorers.judge.chat_child`: hold one model and answer chats, a line of JSON each way."""

import json
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from foundry_exp import target
from foundry_exp.errors import BackendError, FoundryExpError
from foundry_exp.protocols import Backend, ChatRequest, LoadedModel, ModelRequest
from foundry_exp.records import Message
from foundry_exp.redact import without_secrets

Line = dict[str, Any]


def main() -> int:
    """Load what the first line names, answer what the others ask; every failure is a line with a sentence."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what Ctrl-C means
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what native code prints must not mix with the lines
    lines: queue.Queue[Line] = queue.Queue()
    threading.Thread(target=_listen, args=(sys.stdin, lines), daemon=True).start()
    job = lines.get()
    backend: Backend = target.build(job["backend"], "scorer.judge.backend")
    loaded = _said(out, lambda: _facts(backend.load(_model_request(job["model"]))))
    while loaded and (asked := lines.get()) != {"do": "end"}:
        _said(out, partial(_reply, backend, asked))
    if loaded:
        _said(out, partial(_unloaded, backend))
    return 0


def _listen(stdin: TextIO, lines: "queue.Queue[Line]") -> None:
    for line in stdin:
        lines.put(json.loads(line))
    os._exit(1)  # the parent is gone; native code may hold every lock, so nothing gentler is sure


def _said(out: TextIO, does: Callable[[], Line]) -> bool:
    """Say what came of it; false when it failed."""
    try:
        answer = does()
    except FoundryExpError as error:
        answer = {"error": error.error_class if isinstance(error, BackendError) else "skip", "message": str(error)}
    except Exception as error:  # noqa: BLE001 — the parent turns it into a sentence
        print(without_secrets(traceback.format_exc()), file=sys.stderr)
        answer = {"error": "request", "message": without_secrets(f"{type(error).__name__}: {error}")}
    out.write(json.dumps(answer) + "\n")
    out.flush()
    return "error" not in answer


def _reply(backend: Backend, asked: Line) -> Line:
    streams = getattr(backend, "streams", True)  # one that hands answers over whole says so
    messages = tuple(Message(**message) for message in asked["messages"])
    request = ChatRequest(**{**asked, "messages": messages, "streaming": streams})
    events = list(backend.stream(request, time.perf_counter_ns))
    finish = next((event.finish_reason for event in reversed(events) if event.finish_reason), None)
    text = "".join(event.text for event in events if event.kind == "text")
    return {"text": text, "finish_reason": finish}


def _unloaded(backend: Backend) -> Line:
    backend.unload()
    return {}


def _model_request(model: Line) -> ModelRequest:
    path = Path(model["path"]) if model["path"] else None
    return ModelRequest(**{**model, "path": path, "prefer": tuple(model["prefer"]), "log_dir": Path(model["log_dir"])})


def _facts(loaded: LoadedModel) -> Line:
    return {**asdict(loaded), "path": str(loaded.path) if loaded.path else None}


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    os._exit(code)  # native threads have been seen to hang an orderly exit
