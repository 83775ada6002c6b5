"""The parent's side of the worker: started for one task, watched for signs of life, ended for certain."""

import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil

from foundry_exp.errors import BackendError, SkipCellError
from foundry_exp.runtime.worker import ModuleProcess, Step

_MODULE = "foundry_exp.runtime.models.worker"
_LOOK_EVERY_S = 0.2
_END_S = 3.0
_LIFE_BYTES = 4096
"""Written between two looks: less could be the runtime's own log about its retries."""

SILENT = "silent"
"""The class of error of a catalogue that does not answer."""


class Worker:
    """One running worker."""

    def __init__(self, task: dict[str, Any]) -> None:
        """Start it on its task."""
        self._process = ModuleProcess(_MODULE)
        self._seen_bytes = 0
        self._said_last = False
        self.send(json.dumps(task))

    def written_bytes(self) -> int | None:
        """Bytes that it has written so far; null where the system does not say (macOS)."""
        try:
            return int(psutil.Process(self._process.pid).io_counters().write_chars)
        except AttributeError:
            return None
        except psutil.Error:
            return self._seen_bytes  # it has just ended

    def steps(self, quiet_s: float, quiet_class: str = "stalled") -> Iterator[Step]:
        """Its steps, and `bytes` where only what it writes shows life; raises when neither comes for `quiet_s`."""
        alive_s = time.monotonic()
        while True:
            try:
                step = self._process.next_step(min(_LOOK_EVERY_S, quiet_s))
            except TimeoutError:
                step = self._bytes_step()
            if step is None:
                code = self._process.end()
                msg = f"the runtime's process ended with exit code {code}; its last words: {self._process.last_words}"
                raise BackendError("crash", msg)
            self._said_last = step["step"] in ("answer", "error")
            if step["step"] != "quiet":
                alive_s = time.monotonic()
                yield step
            elif time.monotonic() - alive_s > quiet_s:
                raise BackendError(quiet_class, f"nothing came for {quiet_s:g} s")

    def _bytes_step(self) -> Step:
        written = self.written_bytes()
        if written is None or written - self._seen_bytes < _LIFE_BYTES:
            return {"step": "quiet"}
        self._seen_bytes = written
        return {"step": "bytes"}

    def send(self, line: str) -> None:
        """Tell it to go on with what it said that it found, or to stop."""
        self._process.send(line)

    def end(self, *, gently: bool) -> None:
        """Stop it: gently lets a download write down how far it came."""
        if self._process.poll() is None and gently and not self._said_last:
            self.send("stop")
            self._process.wait(_END_S)
        self._process.end()


@contextmanager
def working(task: dict[str, Any]) -> Iterator[Worker]:
    """A worker that has ended when the block has."""
    # the runtime writes to its log until its process has ended, so the folder of the log outlives the worker
    with tempfile.TemporaryDirectory(prefix="foundry-exp-", ignore_cleanup_errors=True) as log_dir:
        worker = Worker({**task, "log_dir": log_dir})
        gently = True
        try:
            yield worker
        except BackendError as error:
            gently = error.error_class not in ("stalled", SILENT)  # it would not hear
            raise
        finally:
            worker.end(gently=gently)


def ask(task: dict[str, Any], limit_s: float) -> Any:
    """The answer to a task that says little on its way; raises BackendError("silent") when it takes too long."""
    with working(task) as worker:
        return answer_of(worker.steps(limit_s, SILENT))


def answer_of(steps: Iterator[Step]) -> Any:
    """The last step's answer; raises what it says went wrong."""
    for step in steps:
        match step["step"]:
            case "answer":
                return step["answer"]
            case "error":
                raise_said(step)
    raise BackendError("crash", "the runtime's process ended without an answer")


def raise_said(step: Step) -> None:
    """Raise the error that the worker met."""
    if step["error"] == "skip":
        raise SkipCellError(step["message"])
    raise BackendError(step["error"], step["message"])
