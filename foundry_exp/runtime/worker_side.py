"""A worker's own side of `worker.Worker`: the job it is given, the steps it says, and its end with its parent."""

import json
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn

from foundry_exp.errors import FoundryExpError, SkipCellError
from foundry_exp.redact import without_secrets

DONE, ERROR = "done", "error"
"""The two last steps. An error has a class and a message; `exit_code` is of a process that the worker had started."""

STOP = "stop"
"""The line that asks a worker to end what it does; any other line is for whoever waits."""

SKIP, REFUSED, UNEXPECTED = "skip", "refused", "unexpected"
"""Classes of errors that are no BackendError: a rule says that it cannot run here, it was asked wrongly, or neither."""


class Parent:
    """The process that started this one, and that watches it."""

    def __init__(self, grace_s: float = 0.0) -> None:
        """Take standard output for the steps, read the job, and listen for what is told on a thread of its own.

        `grace_s` is for what is to be done once the parent is gone; then this process ends, whatever it does.
        """
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what Ctrl-C means
        self._steps = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)  # what native code prints must not mix with the steps
        self.job: dict[str, Any] = json.loads(sys.stdin.readline())
        self.stopped = threading.Event()
        """Set once it was told to stop."""
        self.gone = threading.Event()
        """Set once the parent has died, or has closed its end to say that this process is no longer needed."""
        self._grace_s = grace_s
        self._told: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def say(self, step: str, **facts: Any) -> None:
        """Report one step; when the parent is gone, nobody is told."""
        with suppress(BrokenPipeError):
            self._steps.write(json.dumps({"step": step, **facts}) + "\n")
            self._steps.flush()

    def wait(self) -> str:
        """The next line that the parent tells: to go on, to stop, or what to do."""
        return self._told.get()

    def rest(self, step: str, **facts: Any) -> None:
        """Report a step, and wait until the parent has looked at this process."""
        self.say(step, **facts)
        self.wait()

    def answer(self, does: Callable[[], dict[str, Any]]) -> None:
        """Report what came of one request; a failure is told, and ends nothing."""
        try:
            facts = does()
        except Exception as error:  # noqa: BLE001 — the parent turns it into a sentence
            self.say(ERROR, **described(error))
        else:
            self.say("answer", **facts)

    def _listen(self) -> None:
        for line in sys.stdin:
            if line.strip() == STOP:
                self.stopped.set()
            self._told.put(line)
        self.gone.set()
        time.sleep(self._grace_s)
        os._exit(1)  # the parent is gone; native code may hold every lock, so nothing gentler is sure


def run(work: Callable[[Parent], None], grace_s: float = 0.0) -> NoReturn:
    """Do the job that stdin brings and end this process; every failure is a step, never a bare traceback."""
    parent = Parent(grace_s)
    try:
        work(parent)
    except Exception as error:  # noqa: BLE001 — the parent turns it into a sentence
        parent.say(ERROR, **described(error))
    else:
        parent.say(DONE)
    sys.stderr.flush()
    os._exit(0)  # native threads have been seen to hang an orderly exit


def described(error: Exception) -> dict[str, Any]:
    """What a step says of an error; the traceback of one that nobody foresaw goes to stderr."""
    if isinstance(error, FoundryExpError):
        kind = SKIP if isinstance(error, SkipCellError) else getattr(error, "error_class", REFUSED)
        return {"error": kind, "message": str(error), "exit_code": getattr(error, "exit_code", None)}
    import traceback

    print(without_secrets("".join(traceback.format_exception(error))), file=sys.stderr)
    return {"error": UNEXPECTED, "message": sentence(error)}


def sentence(error: Exception) -> str:
    """An error in words that may be shown."""
    return str(error) if isinstance(error, FoundryExpError) else without_secrets(f"{type(error).__name__}: {error}")
