"""`python -m foundry_exp.scores.judge.chat_child`: hold one model and answer chats, a line of JSON each way."""

import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Any

from foundry_exp import target
from foundry_exp.errors import BackendError, FoundryExpError
from foundry_exp.protocols import Backend, ChatRequest, LoadedModel, streams
from foundry_exp.records.record import Message
from foundry_exp.redact import without_secrets
from foundry_exp.runtime.machine.parent import Parent
from foundry_exp.runtime.models import request

Line = dict[str, Any]


def main() -> int:
    """Load what the first line names, answer what the others ask; every failure is a line with a sentence."""
    parent = Parent()
    backend: Backend = target.build(parent.job["backend"], "scorer.judge.backend")
    loaded = _said(parent, lambda: _facts(backend.load(request.from_json(parent.job["model"]))))
    while loaded and (asked := json.loads(parent.wait())) != {"do": "end"}:
        _said(parent, partial(_reply, backend, asked))
    if loaded:
        _said(parent, partial(_unloaded, backend))
    return 0


def _said(parent: Parent, does: Callable[[], Line]) -> bool:
    """Say what came of it; false when it failed."""
    try:
        answer = does()
    except FoundryExpError as error:
        answer = {"error": error.error_class if isinstance(error, BackendError) else "skip", "message": str(error)}
    except Exception as error:  # noqa: BLE001 — the parent turns it into a sentence
        print(without_secrets(traceback.format_exc()), file=sys.stderr)
        answer = {"error": "request", "message": without_secrets(f"{type(error).__name__}: {error}")}
    parent.say("done", **answer)
    return "error" not in answer


def _reply(backend: Backend, asked: Line) -> Line:
    messages = tuple(Message(**message) for message in asked["messages"])
    chat = ChatRequest(**{**asked, "messages": messages, "streaming": streams(backend)})
    events = list(backend.stream(chat, time.perf_counter_ns))
    finish = next((event.finish_reason for event in reversed(events) if event.finish_reason), None)
    text = "".join(event.text for event in events if event.kind == "text")
    return {"text": text, "finish_reason": finish}


def _unloaded(backend: Backend) -> Line:
    backend.unload()
    return {}


def _facts(loaded: LoadedModel) -> Line:
    return {**asdict(loaded), "path": str(loaded.path) if loaded.path else None}


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    os._exit(code)  # native threads have been seen to hang an orderly exit
