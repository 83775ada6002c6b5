"""The openai client's transport: connections that stamp every read and write the moment the socket returns.

Stamping below the client keeps its own work (2-4 ms a request with openai 3.54) out of the figures.
HTTP/1.1 only, and no proxy: a proxy's time would be measured as the model's.
"""

import ssl
import threading
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager

import httpcore2
import httpx2

from foundry_exp.backends.http.tape import Tape

_SocketOptions = Iterable[httpcore2.SOCKET_OPTION] | None


class Line:
    """One connection, kept open between requests, and the tape of the request that is on it."""

    def __init__(self) -> None:
        """Connect later, with the first request."""
        self.tape: Tape | None = None
        self.pool = httpcore2.ConnectionPool(network_backend=_Stamping(self), max_connections=1)

    @property
    def cold(self) -> bool:
        """Whether the next request would have to connect first."""
        return not any(open_.is_available() and not open_.has_expired() for open_ in self.pool.connections)


class _Stream(httpcore2.NetworkStream):
    """A socket that notes its times on the line's tape and keeps to its limits."""

    def __init__(self, inner: httpcore2.NetworkStream, line: Line) -> None:
        self._inner = inner
        self._line = line

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        tape = self._line.tape
        if tape is None:
            return self._inner.read(max_bytes, timeout)
        left_s = tape.remaining_s()
        if left_s <= 0:
            raise httpcore2.ReadTimeout(tape.expired)
        try:
            data = self._inner.read(max_bytes, left_s)
        except httpcore2.ReadTimeout:
            tape.out_of_time()
            raise
        if not tape.read(len(data)):
            raise httpcore2.ReadError(tape.expired)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if not buffer:
            return
        if self._line.tape is not None:
            self._line.tape.write_ns = self._line.tape.clock()
        self._inner.write(buffer, timeout)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, timeout), self._line)

    def get_extra_info(self, info: str) -> object:
        return self._inner.get_extra_info(info)


class _Stamping(httpcore2.NetworkBackend):
    """Opens ordinary sockets and wraps them."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._sockets = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: _SocketOptions = None,
    ) -> httpcore2.NetworkStream:
        return _Stream(self._sockets.connect_tcp(host, port, timeout, local_address, socket_options), self._line)


class StampingTransport(httpx2.BaseTransport):
    """Hands each request to the line that its thread has taken."""

    def __init__(self) -> None:
        """Open nothing yet."""
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
            line = Line()
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
