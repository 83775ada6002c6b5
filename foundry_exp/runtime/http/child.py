"""A process that is told what to do in one line of JSON, and says where it is in another."""

import json
from typing import Any

from foundry_exp.errors import BackendError
from foundry_exp.runtime.worker import ModuleProcess

_CLOSE_S = 10.0


class Child:
    """One running process of this kind."""

    def __init__(self, module: str) -> None:
        """Start `python -m module`."""
        self._module = module
        self.process = ModuleProcess(module)

    def tell(self, said: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        """Hand over the line of JSON and wait for the answer; on failure the process is ended."""
        self.process.send(json.dumps(said))
        died = False
        try:
            answer = self.process.next_step(timeout_s)
            died = answer is None
        except TimeoutError:
            answer = None
        if answer is not None and "error" not in answer:
            return answer
        code = self.close()
        if answer is not None:
            raise BackendError(answer["error"], answer["message"])
        words = self.process.last_words
        if died:
            msg = f"{self._module}: died before it answered; its last words: {words}"
            raise BackendError("service", msg, exit_code=code)
        msg = f"{self._module}: no answer within {timeout_s:g} s (exit code {code}); its last words: {words}"
        raise BackendError("service", msg)

    def close(self) -> int:
        """End the process: by closing its stdin, and by force when that does not do. Safe to call again."""
        return self.process.end(_CLOSE_S)
