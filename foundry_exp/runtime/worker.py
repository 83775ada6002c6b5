"""A module of this package as a process of its own: told lines, heard step by step, and ended for certain."""

import json
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import IO, Any

_SHOWN_BYTES = 1500
_READ_OUT_S = 2.0

Step = dict[str, Any]
"""What such a process says where it is; its name is under `step`."""

OnStep = Callable[[Step], None]


class ModuleProcess:
    """One running process. It also ends when this one does, because its stdin closes with it."""

    def __init__(self, module: str, errors: IO[bytes] | None = None) -> None:
        """Start `python -m module`; its stderr goes to the file `errors`, or is kept for `last_words`."""
        self._errors = errors or tempfile.TemporaryFile()  # noqa: SIM115 — it lives as long as the process
        self._keeps_errors = errors is None
        self._process = subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,  # so that Ctrl-C reaches the parent alone
        )
        self.pid = self._process.pid
        self.last_words = "none"
        """The end of what it wrote to stderr, once it has ended."""
        self._steps: queue.Queue[Step | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def send(self, line: str) -> None:
        """Tell it one line; when it is gone, its end explains itself on the other pipe."""
        assert self._process.stdin is not None
        with suppress(OSError, ValueError):
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()

    def next_step(self, timeout_s: float) -> Step | None:
        """The next line of JSON that it says; null when it has ended. Raises TimeoutError when it says nothing."""
        try:
            step = self._steps.get(timeout=max(0.0, timeout_s))
        except queue.Empty:
            msg = f"nothing came for {timeout_s:g} s"
            raise TimeoutError(msg) from None
        if step is None:
            self._steps.put(None)
        return step

    def poll(self) -> int | None:
        """Its exit code; null while it runs."""
        return self._process.poll()

    def wait(self, timeout_s: float | None = None) -> int | None:
        """Its exit code; null when it has not ended in time."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout_s)
        return self._process.returncode

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
        if self._keeps_errors and not self._errors.closed:
            self._errors.seek(0, 2)
            self._errors.seek(max(0, self._errors.tell() - _SHOWN_BYTES))
            self.last_words = " ".join(self._errors.read().decode("utf-8", "replace").split()) or "none"
            self._errors.close()

    def _read(self) -> None:
        """Every line that is a JSON object; one that was cut off by the process's end is not."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with suppress(ValueError):
                step = json.loads(line)
                if isinstance(step, dict):
                    self._steps.put(step)
        self._steps.put(None)
