"""The least that a client can be, one socket and prepared bytes, as a backend: it goes through the same load shapes."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from foundry_exp.protocols import ChatRequest, Clock, Event, LoadedModel, ModelRequest
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


class RawSocket:
    """Asks the timed server over one connection, with a stamp after each read."""

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
        arguments = {
            "model": self._model,
            "messages": [{"role": "user", "content": marker}],
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        body = json.dumps(arguments).encode()
        head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: {self._host}\r\nContent-Type: application/json\r\n"
        return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


class RawSocketBackend:
    """As many connections as there are requests at once."""

    def __init__(self, url: str, timeout_s: float) -> None:
        """Connect later."""
        self._url = url
        self._timeout_s = timeout_s
        self._model = ""
        self._idle: list[RawSocket] = []
        self._all: list[RawSocket] = []
        self._lock = threading.Lock()

    def load(self, model: ModelRequest) -> LoadedModel:
        """Keep the model's name: the timed server has it loaded."""
        self._model = model.alias
        return LoadedModel(variant=model.alias)

    def stream(self, request: ChatRequest, clock: Clock) -> Iterator[Event]:
        """Ask for the marker that the last message is; `clock` is not used, its own is the same."""
        del clock
        connection = self._take()
        timing = connection.ask(request.messages[-1].content)
        with self._lock:
            self._idle.append(connection)
        for t_ns in timing.event_ns:
            yield Event("text", "w", t_ns=t_ns, request_start_ns=timing.start_ns)
        yield Event("end", request_start_ns=timing.start_ns)

    def unload(self) -> None:
        """Hang up."""
        with self._lock:
            sockets, self._all, self._idle = self._all, [], []
        for connection in sockets:
            connection.close()

    def _take(self) -> RawSocket:
        with self._lock:
            if self._idle:
                return self._idle.pop()
            connection = RawSocket(self._url, self._model, self._timeout_s)
            self._all.append(connection)
            return connection
