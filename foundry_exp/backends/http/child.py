"""A helper process: told what to do in one line of JSON, says where it is in another, ends with its stdin."""

import json
import subprocess
import sys
import tempfile
import threading
from typing import Any

from foundry_exp.errors import BackendError

_CLOSE_S = 10.0
_SHOWN_BYTES = 1500


class Child:
    """One running helper. It also ends when this process does, because its stdin closes with it."""

    def __init__(self, module: str) -> None:
        """Start `python -m module`."""
        self._module = module
        self._last_words = "none"
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 — it lives as long as the process
        self.process = subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
        )

    def tell(self, said: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        """Hand over the line of JSON and wait for the answer; on failure the process is ended."""
        line = self._exchange(json.dumps(said).encode() + b"\n", timeout_s)
        try:
            answer = json.loads(line)
        except ValueError:
            answer = None
        if isinstance(answer, dict) and "error" not in answer:
            return answer
        code = self.close()
        if isinstance(answer, dict):
            raise BackendError(answer["error"], answer["message"])
        msg = f"{self._module}: no answer within {timeout_s:g} s (exit code {code}); its last words: {self._last_words}"
        raise BackendError("service", msg)

    def _exchange(self, line: bytes, timeout_s: float) -> bytes:
        """Write and read in a thread: a pipe has no timeout on every system."""
        got: list[bytes] = []
        thread = threading.Thread(target=self._write_and_read, args=(line, got), daemon=True)
        thread.start()
        thread.join(timeout_s)
        return got[0] if got else b""

    def _write_and_read(self, line: bytes, got: list[bytes]) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(line)
            self.process.stdin.flush()
            got.append(self.process.stdout.readline())
        except (OSError, ValueError):
            return  # the process has gone; its exit code is reported

    def close(self) -> int:
        """End the process: by closing its stdin, and by force when that does not do. Safe to call again."""
        if self.process.poll() is None and self.process.stdin is not None:
            self.process.stdin.close()
            try:
                self.process.wait(_CLOSE_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
        code = self.process.wait()
        if not self._errors.closed:
            self._last_words = self._read_errors()
        for pipe in (self.process.stdin, self.process.stdout, self._errors):
            if pipe is not None and not pipe.closed:
                pipe.close()
        return code

    def _read_errors(self) -> str:
        self._errors.seek(0, 2)
        self._errors.seek(max(0, self._errors.tell() - _SHOWN_BYTES))
        return " ".join(self._errors.read().decode("utf-8", "replace").split()) or "none"
