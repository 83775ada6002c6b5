"""Server-sent events from stamped bytes; pure, and the same for any cut of the same bytes."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from foundry_exp.errors import BackendError

MAX_EVENT_BYTES = 4 * 1024 * 1024
_LINE_END = re.compile(rb"\r\n|\n|\r")
_NOT_KEPT = (b"", b"id", b"retry")  # the first is a comment's
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class SseEvent:
    """One event that carried data, or the lines that belong to none where a service writes its errors."""

    t_ns: int
    """The time of the read that completed it."""
    data: bytes
    name: bytes = b""
    stray: bytes = b""
    """Lines that are no field of the protocol, such as `error: …`, bare JSON or a page."""
    complete: bool = True
    """False when the stream ended before the blank line that ends an event."""


class _Assembly:
    """The event and the line that are still being read."""

    def __init__(self, max_event_bytes: int) -> None:
        self._max_event_bytes = max_event_bytes
        self._line: list[bytes] = []
        self._data: list[bytes] = []
        self._name = b""
        self._stray: list[bytes] = []
        self._size_bytes = 0
        self._first_line = True

    def part(self, part: bytes) -> None:
        """Add to the open line."""
        self._size_bytes += len(part)
        if self._size_bytes > self._max_event_bytes:
            msg = f"an event of the stream is larger than {self._max_event_bytes} bytes; this is no chat service."
            raise BackendError("too_large", msg)
        if part:
            self._line.append(part)

    def end_line(self, t_ns: int) -> SseEvent | None:
        """Close the line; the event when it was the blank line after one."""
        line = b"".join(self._line)
        self._line.clear()
        if self._first_line:
            self._first_line = False
            line = line.removeprefix(_BYTE_ORDER_MARK)
        if not line:
            return self.end_event(t_ns)
        name, _, value = line.partition(b":")
        if name == b"data":
            self._data.append(value.removeprefix(b" "))
        elif name == b"event":
            self._name = value.strip()
        elif name in _NOT_KEPT:
            self._size_bytes -= len(line)
        else:
            self._stray.append(line)
        return None

    def end_event(self, t_ns: int, *, complete: bool = True) -> SseEvent | None:
        """Close the event; null when it held nothing."""
        self._size_bytes = 0
        if not (self._data or self._name or self._stray):
            return None
        event = SseEvent(t_ns, b"\n".join(self._data), self._name, b"\n".join(self._stray), complete)
        self._data, self._name, self._stray = [], b"", []
        return event

    def end_stream(self, t_ns: int) -> SseEvent | None:
        """The event that no blank line has ended."""
        if self._line:
            self.end_line(t_ns)
        return self.end_event(t_ns, complete=False)


def parse(pieces: Iterable[tuple[int, bytes]], max_event_bytes: int = MAX_EVENT_BYTES) -> Iterator[SseEvent]:
    """The events of a stream, each with the time of the piece that completed it."""
    assembly = _Assembly(max_event_bytes)
    after_cr = False
    t_ns = 0
    for t_ns, piece in pieces:
        rest = piece[1:] if after_cr and piece.startswith(b"\n") else piece
        after_cr = piece.endswith(b"\r") if piece else after_cr
        *lines, tail = _LINE_END.split(rest)
        for line in lines:
            assembly.part(line)
            event = assembly.end_line(t_ns)
            if event is not None:
                yield event
        assembly.part(tail)
    event = assembly.end_stream(t_ns)
    if event is not None:
        yield event
