"""`python -m foundry_exp.scores.judge.chat_child`: hold one model and answer chats until it is told to stop."""

import json
import time
from functools import partial
from typing import Any

from foundry_exp import target
from foundry_exp.protocols import Backend, ChatRequest, streams
from foundry_exp.records.record import Message
from foundry_exp.runtime import worker_side
from foundry_exp.runtime.models import request
from foundry_exp.runtime.worker_side import Parent


def work(parent: Parent) -> None:
    """Load what the job names, and answer what every other line asks."""
    backend: Backend = target.build(parent.job["backend"], "scorer.judge.backend")
    parent.say("loaded", facts=request.facts(backend.load(request.from_json(parent.job["model"]))))
    while (line := parent.wait()) and not parent.stopped.is_set():
        parent.answer(partial(_reply, backend, json.loads(line)))
    backend.unload()


def _reply(backend: Backend, asked: dict[str, Any]) -> dict[str, Any]:
    messages = tuple(Message(**message) for message in asked["messages"])
    chat = ChatRequest(**{**asked, "messages": messages, "streaming": streams(backend)})
    events = list(backend.stream(chat, time.perf_counter_ns))
    finish = next((event.finish_reason for event in reversed(events) if event.finish_reason), None)
    text = "".join(event.text for event in events if event.kind == "text")
    return {"text": text, "finish_reason": finish}


if __name__ == "__main__":
    worker_side.run(work)
