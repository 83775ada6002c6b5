"""A model in a process of its own that answers chats: watched, with a limit on every wait, and ended for certain."""

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from foundry_exp.errors import BackendError
from foundry_exp.protocols import ChatRequest, ModelRequest

_MODULE = "foundry_exp.scorers.judge.chat_child"
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
    """One running child. It also ends when this process does, because its stdin closes with it."""

    def __init__(self, log: Path) -> None:
        """Start it; what it and its runtime print goes to the log."""
        self._log = log
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", _MODULE],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                encoding="utf-8",
                start_new_session=True,  # so that Ctrl-C reaches the parent alone
            )
        self._lines: queue.Queue[dict[str, Any] | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def load(self, backend: dict[str, Any], model: ModelRequest, limit_s: float) -> dict[str, Any]:
        """Load the model and say what was loaded; raises BackendError."""
        wish = {**asdict(model), "path": str(model.path) if model.path else None, "log_dir": str(model.log_dir)}
        return self._exchange({"backend": backend, "model": wish}, START_TIMEOUT_S + limit_s, "loading")

    def ask(self, request: ChatRequest) -> Reply:
        """Answer one chat; raises BackendError, of a class in GONE when it was the last."""
        limit_s = request.total_timeout_s + REQUEST_GRACE_S
        return Reply(**self._exchange(asdict(request), limit_s, "answering"))

    def end(self, *, gently: bool) -> None:
        """End the process; gently unloads the model first."""
        if gently and self._process.poll() is None:
            with suppress(BackendError):
                self._exchange({"do": "end"}, UNLOAD_TIMEOUT_S, "unloading")
        self._stop()

    def _exchange(self, said: dict[str, Any], limit_s: float, doing: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        with suppress(OSError, ValueError):  # it is gone; its end shows on the other pipe
            self._process.stdin.write(json.dumps(said) + "\n")
            self._process.stdin.flush()
        try:
            answer = self._lines.get(timeout=limit_s)
        except queue.Empty:
            self._stop()
            msg = f"its process hung: nothing came within {limit_s:g} s of {doing}; see {self._log}"
            raise BackendError("hang", msg) from None
        if answer is None:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_END_S)
            msg = f"its process died while {doing} ({_cause(self._stop())}); see {self._log}"
            raise BackendError("crash", msg)
        if "error" in answer:
            raise BackendError(answer["error"], answer["message"])
        return answer

    def _read(self) -> None:
        assert self._process.stdout is not None
        with suppress(ValueError):  # the pipe was closed meanwhile, or it holds half a line
            for line in self._process.stdout:
                self._lines.put(json.loads(line))
        self._lines.put(None)

    def _stop(self) -> int:
        code = self._process.poll()
        if code is None:
            self._process.kill()
            code = self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                with suppress(OSError, ValueError):
                    pipe.close()
        return code


@contextmanager
def chatting(log: Path) -> Iterator[ChatProcess]:
    """A process that has ended when the block has."""
    process = ChatProcess(log)
    gently = False
    try:
        yield process
        gently = True
    finally:
        process.end(gently=gently)


def _cause(code: int) -> str:
    return "killed, most likely for want of memory: take a smaller model" if code == _KILLED else f"exit code {code}"
