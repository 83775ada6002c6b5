"""`python -m foundry_exp.measure.calibration.server`: chat answers on schedule, and the truth about them.

Its job is the pace of each model, its one step the URL. GET /truth hands over what it knows of the requests since the
last time.
"""

import hashlib
import json
import os
import threading
import time
from collections import deque
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any

from foundry_exp.measure.calibration.timed_server import Pace, Truth
from foundry_exp.measure.calibration.wire import Connection, LoopbackServer, Request
from foundry_exp.runtime import worker_side
from foundry_exp.runtime.worker_side import Parent

_MAX_TRUTHS = 20_000
_PROMPT_TOKENS = 16
_NS_PER_MS = 1_000_000
_LOADED = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "w"}, "finish_reason": "length"}]}
"""The answer that is not streamed: a backend asks for one token, to see that the model is loaded."""


class Work:
    """A fixed amount of computing on every core at once, as a CPU model's token is."""

    def __init__(self) -> None:
        """Start no thread yet."""
        self._cores = os.cpu_count() or 1
        self._pool = ThreadPoolExecutor(self._cores)

    def token(self, rounds: int) -> None:
        """Compute one token; hashlib lets go of the interpreter's lock meanwhile."""
        parts = [
            self._pool.submit(hashlib.pbkdf2_hmac, "sha256", b"token", b"salt", rounds) for _ in range(self._cores)
        ]
        for part in parts:
            part.result()


class PacedModels:
    """The models that are served, and what is known of their requests."""

    def __init__(self, paces: Mapping[str, Pace]) -> None:
        """Nothing asked yet."""
        self._paces = paces
        self._truths: deque[Truth] = deque(maxlen=_MAX_TRUTHS)
        self._work = Work()

    def answer(self, connection: Connection, request: Request) -> bool:
        """Answer one request; the connection stays."""
        asked = request.json()
        pace = self._paces.get(str(asked.get("model")))
        if (request.method, request.path) == ("POST", "/v1/chat/completions") and pace is not None:
            if asked.get("stream"):
                self._stream(connection, request.received_ns, asked, pace)
            else:
                connection.answer_json(200, _LOADED)
        elif request.path == "/truth":
            connection.answer_json(200, [asdict(self._truths.popleft()) for _ in range(len(self._truths))])
        elif request.path == "/v1/models":
            connection.answer_json(200, {"data": [{"id": name, "object": "model"} for name in self._paces]})
        else:
            connection.answer(404, b"No mapping for the URL\n", kind="text/plain")
        return True

    def _stream(self, connection: Connection, received_ns: int, asked: dict[str, Any], pace: Pace) -> None:
        truth = Truth(str(asked["messages"][-1]["content"]), received_ns)
        self._truths.append(truth)
        connection.start_stream()
        wait_until(_due_ns(received_ns, pace, 0))
        send_event(connection, chunk({"role": "assistant", "content": ""}))
        for number in range(pace.tokens):
            if pace.work_rounds:
                self._work.token(pace.work_rounds)
            else:
                wait_until(_due_ns(received_ns, pace, number))
            truth.sent_ns.append(send_event(connection, chunk({"content": f"w{number} "})))
        send_event(connection, chunk({}, finish="stop"))
        send_event(connection, {"choices": [], "usage": usage(pace.tokens)})
        connection.chunk(b"data: [DONE]\n\n")
        connection.end_stream()


def wait_until(due_ns: int) -> None:
    """Sleep to an absolute time, so that lateness does not add up over the events."""
    left_ns = due_ns - time.perf_counter_ns()
    if left_ns > 0:
        time.sleep(left_ns / 1e9)


def chunk(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    """One piece of a streamed answer."""
    return {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def usage(completed: int) -> dict[str, int]:
    """The server's own count of tokens."""
    total = _PROMPT_TOKENS + completed
    return {"prompt_tokens": _PROMPT_TOKENS, "completion_tokens": completed, "total_tokens": total}


def send_event(connection: Connection, content: dict[str, Any]) -> int:
    """Send one event; the time before it."""
    return connection.chunk(b"data: " + json.dumps(content).encode() + b"\n\n")


def _due_ns(received_ns: int, pace: Pace, tokens: int) -> int:
    return received_ns + round((pace.ttft_ms + tokens * pace.gap_ms) * _NS_PER_MS)


def serve(parent: Parent) -> None:
    """Serve until this process is ended: there is nothing to save, and an orderly shutdown waits for a poll."""
    models = PacedModels({name: Pace(**pace) for name, pace in parent.job.items()})
    server = LoopbackServer(models.answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    parent.say("serving", url=server.url)
    parent.wait()


if __name__ == "__main__":
    worker_side.run(serve)
