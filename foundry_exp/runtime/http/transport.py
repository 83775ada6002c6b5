"""The openai client's transport: connections that stamp every write as it starts and every read as it returns.

Stamping below the client keeps its own work (2-4 ms a request with openai 3.54) out of the figures. Where the
kernel tells when bytes arrived, that is noted too.
HTTP/1.1 only, and no proxy: a proxy's time would be measured as the model's.
"""

import socket
import ssl
import threading
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import httpcore2
import httpx2

from foundry_exp.runtime.http import kernel_stamps
from foundry_exp.runtime.http.request_trace import Tape
from foundry_exp.runtime.http.socket_options import Wishes

CAN_QUICK_ACK = hasattr(socket, "TCP_QUICKACK")  # Linux
_SocketOptions = Iterable[httpcore2.SOCKET_OPTION] | None


class Line:
    """One connection, kept open between requests, and the tape of the request that is on it."""

    def __init__(self, wishes: Wishes) -> None:
        """Connect later, with the first request."""
        self.tape: Tape | None = None
        self.pool = httpcore2.ConnectionPool(network_backend=_Stamping(self, wishes), max_connections=1)

    @property
    def cold(self) -> bool:
        """Whether the next request would have to connect first."""
        return not any(open_.is_available() and not open_.has_expired() for open_ in self.pool.connections)


class _Stream(httpcore2.NetworkStream):
    """A socket that notes its times on the line's tape and keeps to its limits."""

    def __init__(self, inner: httpcore2.NetworkStream, line: Line, wishes: Wishes) -> None:
        self._inner = inner
        self._line = line
        self._wishes = wishes
        found = inner.get_extra_info("socket")
        sock = found if isinstance(found, socket.socket) else None
        self._acknowledging = sock if wishes.quick_ack and CAN_QUICK_ACK else None
        self._stamped = sock if sock and wishes.kernel_stamps and kernel_stamps.enable(sock) else None

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        tape = self._line.tape
        if tape is None:
            return self._inner.read(max_bytes, timeout)
        left_s = tape.remaining_s()
        if left_s <= 0:
            raise httpcore2.ReadTimeout(tape.expired)
        try:
            data, wall_ns = self._receive(max_bytes, left_s)
        except httpcore2.ReadTimeout:
            tape.out_of_time()
            raise
        if not tape.read(len(data), wall_ns):
            raise httpcore2.ReadError(tape.expired)
        return data

    def _receive(self, max_bytes: int, timeout_s: float) -> tuple[bytes, int | None]:
        """Read once; with the wall-clock time of its arrival, where the kernel tells."""
        if self._acknowledging is not None:
            # Before each read, since the kernel falls back by itself. Foundry's service leaves Nagle's algorithm on,
            # so that its second small write waits for the acknowledgement of the first, which a client's kernel
            # holds back for 40 ms: 2.8 ms to the first text with this, 41 ms and everything in one burst without.
            self._acknowledging.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        if self._stamped is None:
            return self._inner.read(max_bytes, timeout_s), None
        try:
            self._stamped.settimeout(timeout_s)
            return kernel_stamps.receive(self._stamped, max_bytes)
        except TimeoutError as error:
            raise httpcore2.ReadTimeout(str(error)) from error
        except OSError as error:
            raise httpcore2.ReadError(str(error)) from error

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if not buffer:
            return
        if self._line.tape is not None:
            self._line.tape.write(kernel=self._stamped is not None)
        self._inner.write(buffer, timeout)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        encrypted = self._inner.start_tls(ssl_context, server_hostname, timeout)
        # OpenSSL reads the socket itself
        return _Stream(encrypted, self._line, replace(self._wishes, kernel_stamps=False))

    def get_extra_info(self, info: str) -> object:
        return self._inner.get_extra_info(info)


class _Stamping(httpcore2.NetworkBackend):
    """Opens ordinary sockets and wraps them."""

    def __init__(self, line: Line, wishes: Wishes) -> None:
        self._line = line
        self._wishes = wishes
        self._sockets = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: _SocketOptions = None,
    ) -> httpcore2.NetworkStream:
        plain = self._sockets.connect_tcp(host, port, timeout, local_address, socket_options)
        return _Stream(plain, self._line, self._wishes)


class StampingTransport(httpx2.BaseTransport):
    """Hands each request to the line that its thread has taken."""

    def __init__(self, wishes: Wishes) -> None:
        """Open nothing yet."""
        self._wishes = wishes
        self._idle: list[Line] = []
        self._all: list[Line] = []
        self._lock = threading.Lock()
        self._thread = threading.local()

    @contextmanager
    def taken(self) -> Iterator[Line]:
        """A line for this thread's next request: the one used last, so that it is warm."""
        line = self._take()
        self._thread.line = line
        try:
            yield line
        finally:
            line.tape = None
            self._thread.line = None
            with self._lock:
                self._idle.append(line)

    def _take(self) -> Line:
        with self._lock:
            if self._idle:
                return self._idle.pop()
            line = Line(self._wishes)
            self._all.append(line)
            return line

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send the request on this thread's line."""
        line: Line = self._thread.line
        assert isinstance(request.stream, httpx2.SyncByteStream)
        plain = httpcore2.Request(
            method=request.method,
            url=httpcore2.URL(
                scheme=request.url.raw_scheme,
                host=request.url.raw_host,
                port=request.url.port,
                target=request.url.raw_path,
            ),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        with _as_httpx():
            response = line.pool.handle_request(plain)
        assert isinstance(response.stream, Iterable)
        return httpx2.Response(
            status_code=response.status,
            headers=response.headers,
            stream=_Body(response.stream),
            extensions=response.extensions,
        )

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            lines, self._all, self._idle = self._all, [], []
        for line in lines:
            line.pool.close()


class _Body(httpx2.SyncByteStream):
    """The response's body, with httpx2's exceptions: the openai package knows no others."""

    def __init__(self, inner: Iterable[bytes]) -> None:
        self._inner = inner

    def __iter__(self) -> Iterator[bytes]:
        with _as_httpx():
            yield from self._inner

    def close(self) -> None:
        close = getattr(self._inner, "close", None)
        if close is not None:
            close()


@contextmanager
def _as_httpx() -> Generator[None]:
    """Raise httpcore2's exceptions as httpx2's, which have the same names."""
    try:
        yield
    except Exception as error:
        same_name = getattr(httpx2, type(error).__name__, None)
        if not isinstance(error, _CORE_ERRORS) or same_name is None:
            raise
        raise same_name(str(error)) from error


_CORE_ERRORS = (
    httpcore2.TimeoutException,
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    httpcore2.ProxyError,
    httpcore2.UnsupportedProtocol,
)
