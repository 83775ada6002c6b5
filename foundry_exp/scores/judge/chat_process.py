"""A model in a process of its own that answers chats: watched, with a limit on every wait, and ended for certain."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from foundry_exp.protocols import ChatRequest, ModelRequest
from foundry_exp.runtime.models import request
from foundry_exp.runtime.worker import CRASH, HANG, REQUEST_GRACE_S, START_TIMEOUT_S, Worker

_MODULE = "foundry_exp.scores.judge.chat_child"
UNLOAD_TIMEOUT_S = 30.0

GONE = frozenset({CRASH, HANG})
"""Classes of error after which nothing more can be asked."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model answered; its reasoning is left out."""

    text: str
    finish_reason: str | None


class ChatProcess:
    """One running child, which holds one model."""

    def __init__(self, worker: Worker, facts: dict[str, Any]) -> None:
        """Take a worker whose model is loaded; `facts` is what was loaded."""
        self._worker = worker
        self.facts = facts

    def ask(self, chat: ChatRequest) -> Reply:
        """Answer one chat; raises BackendError, of a class in GONE when it was the last."""
        self._worker.send(json.dumps(asdict(chat)))
        answer = self._worker.answer(chat.total_timeout_s + REQUEST_GRACE_S, "answering")
        return Reply(answer["text"], answer["finish_reason"])


@contextmanager
def chatting(backend: dict[str, Any], model: ModelRequest, load_timeout_s: float, log: Path) -> Iterator[ChatProcess]:
    """A loaded model, whose process has ended when the block has; `log` is where that writes what goes wrong."""
    job = {"backend": backend, "model": request.to_json(model)}
    with Worker.start(_MODULE, job, log=log) as worker:
        loaded = worker.answer(START_TIMEOUT_S + load_timeout_s, "loading")
        yield ChatProcess(worker, loaded["facts"])
        worker.stop(UNLOAD_TIMEOUT_S)
