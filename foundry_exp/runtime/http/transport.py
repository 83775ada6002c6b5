"""The openai client's transport: connections that stamp every write as it starts and every read as it returns.

Stamping below the client keeps its own work (2-4 ms a request with openai 3.54) out of the figures. Where the
kernel tells when bytes arrived, that is noted too.
HTTP/1.1 only, and no proxy: a proxy's time would be measured as the model's.
"""

import socket
import ssl
import sys
import threading
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import httpcore2
import httpx2

from foundry_exp.runtime.http import kernel_stamps
from foundry_exp.runtime.http.request_trace import RequestTrace

CAN_QUICK_ACK = hasattr(socket, "TCP_QUICKACK")  # Linux
_CoreOptions = Iterable[httpcore2.SOCKET_OPTION] | None


@dataclass(frozen=True, slots=True)
class SocketOptions:
    """What a socket is asked to do, on Linux: over plain TCP, and acknowledging at once over TLS too."""

    kernel_stamps: bool = True
    """Note the kernel's arrival times."""
    quick_ack: bool = True
    """Acknowledge what arrives at once."""


class Line:
    """One connection, kept open between requests, and the trace of the request that is on it."""

    def __init__(self, options: SocketOptions) -> None:
        """Connect later, with the first request."""
        self.trace: RequestTrace | None = None
        self.after_get = False
        """Whether a GET was the last request on it, after which some servers close a connection."""
        self.pool = httpcore2.ConnectionPool(network_backend=_Stamping(self, options), max_connections=1)

    @property
    def cold(self) -> bool:
        """Whether the next request would have to connect first."""
        return not any(open_.is_available() and not open_.has_expired() for open_ in self.pool.connections)


class _Stream(httpcore2.NetworkStream):
    """A socket that notes its times on the line's trace and keeps to its limits."""

    def __init__(self, inner: httpcore2.NetworkStream, line: Line, options: SocketOptions) -> None:
        self._inner = inner
        self._line = line
        self._options = options
        inner_socket = inner.get_extra_info("socket")
        sock = inner_socket if isinstance(inner_socket, socket.socket) else None
        self._acknowledging = sock if options.quick_ack and CAN_QUICK_ACK else None
        self._stamped = sock if sock and options.kernel_stamps and kernel_stamps.enable(sock) else None

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        trace = self._line.trace
        if trace is None:
            return self._inner.read(max_bytes, timeout)
        left_s = trace.remaining_s()
        if left_s <= 0:
            raise httpcore2.ReadTimeout(trace.expired)
        try:
            data, wall_ns = self._receive(max_bytes, left_s)
        except httpcore2.ReadTimeout:
            trace.out_of_time()
            raise
        if not trace.read(len(data), wall_ns):
            raise httpcore2.ReadError(trace.expired)
        return data

    def _receive(self, max_bytes: int, timeout_s: float) -> tuple[bytes, int | None]:
        """Read once; with the wall-clock time of its arrival, where the kernel tells."""
        if sys.platform == "linux" and self._acknowledging is not None:
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
        if self._line.trace is not None:
            self._line.trace.write(kernel=self._stamped is not None)
        self._inner.write(buffer, timeout)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        encrypted = self._inner.start_tls(ssl_context, server_hostname, timeout)
        # OpenSSL reads the socket itself
        return _Stream(encrypted, self._line, replace(self._options, kernel_stamps=False))

    def get_extra_info(self, info: str) -> object:
        return self._inner.get_extra_info(info)


class _Stamping(httpcore2.NetworkBackend):
    """Opens ordinary sockets and wraps them."""

    def __init__(self, line: Line, options: SocketOptions) -> None:
        self._line = line
        self._options = options
        self._sockets = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: _CoreOptions = None,
    ) -> httpcore2.NetworkStream:
        plain = self._sockets.connect_tcp(host, port, timeout, local_address, socket_options)
        return _Stream(plain, self._line, self._options)


class StampingTransport(httpx2.BaseTransport):
    """Hands each request to the line that its thread has taken."""

    def __init__(self, options: SocketOptions) -> None:
        """Open nothing yet."""
        self._options = options
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
            line.trace = None
            self._thread.line = None
            with self._lock:
                self._idle.append(line)

    def _take(self) -> Line:
        with self._lock:
            if self._idle:
                return self._idle.pop()
            line = Line(self._options)
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
