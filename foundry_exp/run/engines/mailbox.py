"""Steps of a cell on their way from its node: left in the cluster's own key-value store, so that no process is added.

What leans on private parts of Ray stands in this file alone; tests/run/engines/test_mailbox.py breaks first. In public,
an actor or a queue is a process of its own on one of the machines that measure, and only the dashboard tells how often
a task was tried.
"""

import json
import time
from collections.abc import Iterator
from typing import Any

_NAMESPACE = b"foundry_exp"
_SEND_EVERY_S = 0.5


class Outbox:
    """The node's end; answers are sent together, so that sending disturbs no measurement."""

    def __init__(self, mailbox: str, attempt: int) -> None:
        """Name the letters; nothing is sent yet."""
        self._prefix = f"{mailbox}/{attempt:04d}"
        self._sent = 0
        self._sent_s = time.monotonic()
        self._waiting: list[dict[str, Any]] = []

    def put(self, step: dict[str, Any]) -> None:
        """Send a step, or keep an answer until half a second has passed."""
        self._waiting.append(step)
        if step["step"] != "answer" or time.monotonic() - self._sent_s >= _SEND_EVERY_S:
            self.send()

    def send(self) -> None:
        """Send what waits."""
        from ray.experimental.internal_kv import _internal_kv_put

        if self._waiting:
            key = f"{self._prefix}/{self._sent:08d}".encode()
            _internal_kv_put(key, json.dumps(self._waiting).encode(), namespace=_NAMESPACE)
            self._sent, self._sent_s, self._waiting = self._sent + 1, time.monotonic(), []


def tries_before() -> int:
    """How often Ray has tried the task that runs here already, as after the death of its node."""
    import ray

    return int(ray.get_runtime_context().worker.core_worker.get_current_task_attempt_number())


def collect(mailbox: str) -> Iterator[dict[str, Any]]:
    """Every step that has come since the last look, in order; each is handed over once."""
    from ray.experimental.internal_kv import _internal_kv_del, _internal_kv_get, _internal_kv_list

    for key in sorted(_internal_kv_list(mailbox.encode(), namespace=_NAMESPACE)):
        letter: bytes | None = _internal_kv_get(key, namespace=_NAMESPACE)
        _internal_kv_del(key, namespace=_NAMESPACE)
        yield from json.loads(letter or b"[]")
