"""The little of HTTP/1.1 that the timed server speaks."""

import json
import socket
import socketserver
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from itertools import count
from typing import Any

_MAX_HEAD_BYTES = 64 * 1024
_MAX_BODY_BYTES = 16 * 1024 * 1024
_RECEIVE_BYTES = 64 * 1024
_MAX_CONNECTIONS = 64


@dataclass(frozen=True, slots=True)
class Request:
    """One request, read to its last byte."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    received_ns: int
    """`time.perf_counter_ns()` when its last byte was here."""

    def json(self) -> dict[str, Any]:
        """The body as an object; empty when it is none."""
        try:
            content = json.loads(self.body)
        except ValueError:
            return {}
        return content if isinstance(content, dict) else {}


class Connection:
    """One client's connection, kept open between its requests."""

    def __init__(self, sock: socket.socket, number: int) -> None:
        """Take over a connected socket."""
        self.sock = sock
        self.number = number
        self.requests = 0
        """How many have been read."""
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = b""

    def receive(self) -> Request | None:
        """The next request; null when the client has gone."""
        while b"\r\n\r\n" not in self._buffer:
            if len(self._buffer) > _MAX_HEAD_BYTES or not self._more():
                return None
        opening, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        first, *lines = opening.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        size_bytes = min(int(headers.get("content-length", "0")), _MAX_BODY_BYTES)
        while len(self._buffer) < size_bytes:
            if not self._more():
                return None
        received_ns = time.perf_counter_ns()
        self.requests += 1
        body, self._buffer = self._buffer[:size_bytes], self._buffer[size_bytes:]
        method, path, *_ = (*first.split(" "), "", "")
        return Request(method, path, headers, body, received_ns)

    def _more(self) -> bool:
        data = self.sock.recv(_RECEIVE_BYTES)
        self._buffer += data
        return bool(data)

    def answer(self, status: int, body: bytes, kind: str = "application/json", **headers: str) -> int:
        """Send a whole response; the time before the send."""
        return self.send(head(status, kind, {**headers, "Content-Length": str(len(body))}) + body)

    def answer_json(self, status: int, content: Any, **headers: str) -> int:
        """Send a whole response of JSON; the time before the send."""
        return self.answer(status, json.dumps(content).encode(), **headers)

    def start_stream(self) -> None:
        """Send the head of a chunked event stream, as Foundry does before it computes anything."""
        self.send(head(HTTPStatus.OK, "text/event-stream", {"Transfer-Encoding": "chunked"}))

    def chunk(self, data: bytes) -> int:
        """Send one chunk in one write; the time before it."""
        return self.send(b"%x\r\n%b\r\n" % (len(data), data))

    def end_stream(self) -> None:
        """End the chunked body."""
        self.send(b"0\r\n\r\n")

    def send(self, data: bytes) -> int:
        """Send bytes; the time before it."""
        sent_ns = time.perf_counter_ns()
        self.sock.sendall(data)
        return sent_ns


def head(status: int, kind: str, headers: dict[str, str]) -> bytes:
    """The head of a response; a header without a value is left out."""
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", f"Content-Type: {kind}", "Connection: keep-alive"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items() if value]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


Answer = Callable[[Connection, Request], bool]
"""Answers one request; false when the connection ends with it."""


class _Handler(socketserver.BaseRequestHandler):
    """One connection: requests in turn until either side closes."""

    server: "LoopbackServer"

    def handle(self) -> None:
        places = self.server.places
        if not places.acquire(blocking=False):
            return
        try:
            connection = Connection(self.request, next(self.server.numbers))
            while (request := connection.receive()) is not None:
                if not self.server.answer(connection, request):
                    return
        except OSError:
            return  # the client has gone, which is its right
        finally:
            places.release()


class LoopbackServer(socketserver.ThreadingTCPServer):
    """A thread a connection, on a free port of 127.0.0.1."""

    daemon_threads = True
    request_queue_size = _MAX_CONNECTIONS

    def __init__(self, answer: Answer) -> None:
        """Listen; `serve_forever` answers."""
        self.answer = answer
        self.places = threading.BoundedSemaphore(_MAX_CONNECTIONS)
        self.numbers = count()
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"
