"""A module of this package as a process of its own: given a job, heard step by step, and ended for certain.

The only way in which one process of ours starts another. A line of JSON each way: the job, then the steps, of which
the last is `done` or `error`; its own side is `worker_side`.
"""

import json
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import IO, Any, Self

from foundry_exp.errors import BackendError, FoundryExpError, SkipCellError
from foundry_exp.runtime.worker_side import ERROR, SKIP, STOP

START_TIMEOUT_S = 120.0
"""For a process that loads a model to be there, beyond the limit on loading."""
REQUEST_GRACE_S = 15.0
"""Beyond a request's own limit, which the process itself enforces: past this it hangs."""

CRASH, HANG = "crash", "hang"
"""Classes of the errors after which a worker is gone."""

_LOOK_EVERY_S = 0.2
_STOOD_STILL_S = 5.0
_SHOWN_BYTES = 1500
_READ_OUT_S = 2.0
_GONE_S = 5.0
"""For a process that has closed its output to be gone."""
_KILLED = -9

Step = dict[str, Any]
"""What a worker says where it is; its name is under `step`."""

OnStep = Callable[[Step], None]

Look = Callable[[], bool]
"""Called every 0.2 s while nothing is said; true for a sign of life, from which the time counts anew."""


def _no_sign() -> bool:
    return False


class Worker:
    """One running process. It also ends when this one does, because its stdin closes with it."""

    def __init__(self, process: "subprocess.Popen[str]", errors: IO[bytes], name: str, log: Path | None) -> None:
        """Take a process that has just started, and the file that its stderr goes to."""
        self.pid = process.pid
        self.last_words = "none"
        """The end of what it wrote to stderr, once it has ended."""
        self._process = process
        self._errors = errors
        self._name = name
        self._log = log
        self._steps: queue.Queue[Step | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)

    @classmethod
    def start(cls, module: str, job: Step, *, name: str = "its process", log: Path | None = None) -> Self:
        """Start `python -m module` on a job; messages call it by `name`, and its stderr is added to `log`, if any."""
        errors = log.open("a+b") if log else tempfile.TemporaryFile()  # noqa: SIM115 — it lives as long as the process
        process = subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,  # so that Ctrl-C reaches the parent alone
        )
        worker = cls(process, errors, name, log)
        worker._reader.start()
        worker.send(json.dumps(job))
        return worker

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def send(self, line: str) -> None:
        """Tell it one line; when it is gone, its end explains itself on the other pipe."""
        assert self._process.stdin is not None
        with suppress(OSError, ValueError):
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()

    def next_step(self, limit_s: float, look: Look = _no_sign) -> Step | None:
        """Its next step; null when it has ended. Raises TimeoutError when it says nothing for so long."""
        alive_s = passed_s = time.monotonic()
        while True:
            if look() or time.monotonic() - passed_s > _STOOD_STILL_S:  # so did whoever waits here
                alive_s = time.monotonic()
            passed_s = time.monotonic()
            left_s = alive_s + limit_s - time.monotonic()
            try:
                step = self._steps.get(timeout=max(0.0, min(left_s, _LOOK_EVERY_S)))
            except queue.Empty:
                if left_s > 0:
                    continue
                msg = f"nothing came for {limit_s:g} s"
                raise TimeoutError(msg) from None
            if step is None:
                self._steps.put(None)
            return step

    def answer(self, limit_s: float, doing: str, look: Look = _no_sign) -> Step:
        """Its next step; raises what it says went wrong, and BackendError when it dies or says nothing."""
        try:
            step = self.next_step(limit_s, look)
        except TimeoutError:
            self.end()
            msg = f"{self._name} hung: nothing came within {limit_s:g} s of {doing}; {self._where_to_look()}"
            raise BackendError(HANG, msg) from None
        if step is None:
            code = self.end(_GONE_S)
            msg = f"{self._name} died while {doing} ({_ending(code)}); {self._where_to_look()}"
            raise BackendError(CRASH, msg, exit_code=code)
        if step["step"] == ERROR:
            raise _error(step)
        return step

    def written_bytes(self) -> int | None:
        """Bytes that it has written so far: a sign of life; null where the system does not say (macOS)."""
        import psutil

        if sys.platform == "darwin":
            return None
        try:
            counters = psutil.Process(self.pid).io_counters()
        except psutil.Error:
            return None
        if sys.platform == "win32":
            return int(counters.write_bytes)
        return int(counters.write_chars)

    def poll(self) -> int | None:
        """Its exit code; null while it runs."""
        return self._process.poll()

    def wait(self, timeout_s: float | None = None) -> int | None:
        """Its exit code; null when it has not ended in time."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout_s)
        return self._process.returncode

    def stop(self, grace_s: float) -> None:
        """Ask it to end what it does, and give it time for that."""
        if self.poll() is None:
            self.send(STOP)
            self.wait(grace_s)

    def kill(self) -> None:
        """End it at once, without waiting for it to be gone."""
        self._process.kill()

    def end(self, grace_s: float = 0.0) -> int:
        """Its exit code, after its stdin was closed, and by force when that does not do. Safe to call again."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(OSError):  # it is gone, and with it whoever would read what is left
            self._process.stdin.close()
        self.wait(grace_s)
        self._process.kill()
        code = self._process.wait()
        self._reader.join(_READ_OUT_S)
        if not self._reader.is_alive():  # otherwise something that it started holds the pipe
            self._process.stdout.close()
        self._keep_last_words()
        return code

    def _keep_last_words(self) -> None:
        if not self._errors.closed:
            self._errors.seek(0, 2)
            self._errors.seek(max(0, self._errors.tell() - _SHOWN_BYTES))
            self.last_words = " ".join(self._errors.read().decode("utf-8", "replace").split()) or "none"
            self._errors.close()

    def _where_to_look(self) -> str:
        return f"see {self._log}" if self._log else f"its last words: {self.last_words}"

    def _read(self) -> None:
        """Every line that is a JSON object; one that was cut off by the process's end is not."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with suppress(ValueError):
                step = json.loads(line)
                if isinstance(step, dict):
                    self._steps.put(step)
        self._steps.put(None)


def _ending(code: int) -> str:
    return "killed, most likely for want of memory: take a smaller model" if code == _KILLED else f"exit code {code}"


def _error(step: Step) -> FoundryExpError:
    """The error that a worker met, as it would be raised here."""
    if step["error"] == SKIP:
        return SkipCellError(step["message"])
    return BackendError(step["error"], step["message"], exit_code=step.get("exit_code"))


class Interrupts:
    """How often a person has asked to stop since `listen`: Ctrl-C as a count that is looked at between steps.

    An exception in the middle of one could lose it.
    """

    def __init__(self) -> None:
        """Nothing is heard yet."""
        self.count = 0
        self._before: signal._HANDLER = None

    def listen(self) -> None:
        """Count SIGINT instead of raising KeyboardInterrupt; a thread other than the main one hears none."""
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._heard)

    def forget(self) -> None:
        """Let SIGINT mean what it meant before."""
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
            self._before = None

    def _heard(self, _signal: int, _frame: FrameType | None) -> None:
        self.count += 1
