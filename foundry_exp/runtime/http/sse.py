"""Server-sent events from stamped bytes; pure, and the same for any cut of the same bytes."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from foundry_exp.errors import BackendError

MAX_EVENT_BYTES = 4 * 1024 * 1024
_LINE_END = re.compile(rb"\r\n|\n|\r")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class SseEvent:
    """One event that carried data."""

    t_ns: int
    """The time of the read that completed it."""
    data: bytes
    complete: bool = True
    """False when the stream ended before the blank line that ends an event."""


class _Assembly:
    """The event and the line that are still being read."""

    def __init__(self, max_event_bytes: int) -> None:
        self._max_event_bytes = max_event_bytes
        self._line: list[bytes] = []
        self._data: list[bytes] = []
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

    def end_line(self) -> bytes | None:
        """Close the line; the event's data when it was the blank line after one."""
        line = b"".join(self._line)
        self._line.clear()
        if self._first_line:
            self._first_line = False
            line = line.removeprefix(_BYTE_ORDER_MARK)
        if not line:
            return self.end_event()
        name, _, value = line.partition(b":")
        if name == b"data":
            self._data.append(value.removeprefix(b" "))
        else:
            self._size_bytes -= len(line)  # comments and other fields are not kept
        return None

    def end_event(self) -> bytes | None:
        """Close the event; null when it held no data."""
        data = b"\n".join(self._data) if self._data else None
        self._data.clear()
        self._size_bytes = 0
        return data

    def end_stream(self) -> bytes | None:
        """The data of an event that no blank line has ended."""
        if self._line:
            self.end_line()
        return self.end_event()


def parse(pieces: Iterable[tuple[int, bytes]], max_event_bytes: int = MAX_EVENT_BYTES) -> Iterator[SseEvent]:
    """The data events of a stream, each with the time of the piece that completed it."""
    assembly = _Assembly(max_event_bytes)
    after_cr = False
    t_ns = 0
    for t_ns, piece in pieces:
        rest = piece[1:] if after_cr and piece.startswith(b"\n") else piece
        after_cr = piece.endswith(b"\r") if piece else after_cr
        *lines, tail = _LINE_END.split(rest)
        for line in lines:
            assembly.part(line)
            data = assembly.end_line()
            if data is not None:
                yield SseEvent(t_ns, data)
        assembly.part(tail)
    data = assembly.end_stream()
    if data is not None:
        yield SseEvent(t_ns, data, complete=False)
