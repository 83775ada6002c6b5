"""The least that a client can be: one socket, prepared bytes, a stamp after each read."""

import json
import socket
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from foundry_exp.runtime.http import sse

_RECEIVE_BYTES = 64 * 1024
_END = b"0\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Timing:
    """One request as a client saw it."""

    start_ns: int
    event_ns: tuple[int, ...]
    """Content events only."""
    due_ns: int | None = None
    """When it was to start, where that was on a schedule."""


class SocketClient:
    """Asks the timed server over one connection."""

    def __init__(self, url: str, model: str, timeout_s: float) -> None:
        """Connect."""
        split = urlsplit(url)
        self._host = f"{split.hostname}:{split.port}"
        self._model = model
        self._sock = socket.create_connection((split.hostname, split.port or 80), timeout_s)
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, marker: str) -> Timing:
        """One streamed chat; parsed after it ended."""
        request = self._request(marker)
        pieces: list[tuple[int, bytes]] = []
        start_ns = time.perf_counter_ns()
        self._sock.sendall(request)
        while not (pieces and pieces[-1][1].endswith(_END)):
            data = self._sock.recv(_RECEIVE_BYTES)
            pieces.append((time.perf_counter_ns(), data))
            if not data:
                break
        # the timed server sends an event a chunk, so chunk sizes are lines that SSE ignores
        events = [event for event in sse.parse(pieces) if b'"content": "w' in event.data]
        return Timing(start_ns, tuple(event.t_ns for event in events))

    def close(self) -> None:
        """Hang up."""
        self._sock.close()

    def _request(self, marker: str) -> bytes:
        said = {
            "model": self._model,
            "messages": [{"role": "user", "content": marker}],
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        body = json.dumps(said).encode()
        head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: {self._host}\r\nContent-Type: application/json\r\n"
        return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
