"""A model in a process of its own that answers chats: watched, with a limit on every wait, and ended for certain."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from foundry_exp.errors import BackendError
from foundry_exp.protocols import ChatRequest, ModelRequest
from foundry_exp.runtime.models import request
from foundry_exp.runtime.worker import ModuleProcess

_MODULE = "foundry_exp.scores.judge.chat_child"
START_TIMEOUT_S = 120.0
REQUEST_GRACE_S = 15.0
"""Beyond a request's own limit, which the child enforces: past this the child itself hangs."""
UNLOAD_TIMEOUT_S = 30.0
_END_S = 5.0
_KILLED = -9

GONE = frozenset({"crash", "hang"})
"""Classes of error after which nothing more can be asked."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model answered; its reasoning is left out."""

    text: str
    finish_reason: str | None


class ChatProcess:
    """One running child, which holds one model."""

    def __init__(self, process: ModuleProcess, log: Path) -> None:
        """Take a process that has just started; `log` is where it writes what goes wrong."""
        self._process = process
        self._log = log

    def load(self, backend: dict[str, Any], model: ModelRequest, limit_s: float) -> dict[str, Any]:
        """Load the model and say what was loaded; raises BackendError."""
        job = {"backend": backend, "model": request.to_json(model)}
        return self._exchange(job, START_TIMEOUT_S + limit_s, "loading")

    def ask(self, chat: ChatRequest) -> Reply:
        """Answer one chat; raises BackendError, of a class in GONE when it was the last."""
        limit_s = chat.total_timeout_s + REQUEST_GRACE_S
        return Reply(**self._exchange(asdict(chat), limit_s, "answering"))

    def unload(self) -> None:
        """Give the model back, unless the process is gone."""
        if self._process.poll() is None:
            with suppress(BackendError):
                self._exchange({"do": "end"}, UNLOAD_TIMEOUT_S, "unloading")

    def _exchange(self, said: dict[str, Any], limit_s: float, doing: str) -> dict[str, Any]:
        self._process.send(json.dumps(said))
        try:
            answer = self._process.next_step(limit_s)
        except TimeoutError:
            self._process.end()
            msg = f"its process hung: nothing came within {limit_s:g} s of {doing}; see {self._log}"
            raise BackendError("hang", msg) from None
        if answer is None:
            msg = f"its process died while {doing} ({_cause(self._process.end(_END_S))}); see {self._log}"
            raise BackendError("crash", msg)
        if "error" in answer:
            raise BackendError(answer["error"], answer["message"])
        return {name: fact for name, fact in answer.items() if name != "step"}


@contextmanager
def chatting(log: Path) -> Iterator[ChatProcess]:
    """A process that has ended when the block has."""
    with log.open("ab") as errors:
        process = ModuleProcess(_MODULE, errors)
        try:
            chat = ChatProcess(process, log)
            yield chat
            chat.unload()
        finally:
            process.end()


def _cause(code: int) -> str:
    return "killed, most likely for want of memory: take a smaller model" if code == _KILLED else f"exit code {code}"
