"""What one request did on its socket and when, and how long it may be silent: no parsing while it runs."""

from dataclasses import dataclass
from typing import Literal

from foundry_exp.protocols import Clock
from foundry_exp.runtime.http import content
from foundry_exp.runtime.http.kernel_stamps import Arrivals

StampedBy = Literal["kernel", "clock", "clock, kernel doubted"]
"""`kernel`: arrivals · `clock`: returns of the reads · `clock, kernel doubted`: arrivals that did not fit the clock."""

NS_PER_S = 1_000_000_000
_WINDOW_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """What a request may take. Without the first two, only the whole is limited."""

    total_s: float
    max_bytes: int
    first_token_s: float | None = None
    idle_s: float | None = None
    settings: str = ""
    """The config group that these come from; empty when they are fixed."""


class RequestTrace:
    """Times and bytes of one request; the socket writes into it, the parser reads it afterwards."""

    def __init__(self, clock: Clock, limits: Limits) -> None:
        """Start the limits; the request's own start is its last non-empty write."""
        self.clock = clock
        self.limits = limits
        self.pieces: list[tuple[int, bytes]] = []
        """Each piece of the body, with its time: of the read that brought it, or after `settle` of its arrival."""
        self.stamped_by: StampedBy = "clock"
        """What the times of the pieces are."""
        self.write_ns: int | None = None
        """Start of the last non-empty write."""
        self.read_ns = 0
        """End of the last read."""
        self.expired: str | None = None
        """The limit that was met, as an error class."""
        self._arrivals: Arrivals | None = None
        self._begin_ns = self._heard_ns = clock()
        self._first_token = False
        self._window = b""
        self._bytes = 0

    @property
    def start_ns(self) -> int:
        """When the request began."""
        return self._begin_ns if self.write_ns is None else self.write_ns

    def write(self, *, kernel: bool) -> None:
        """Stamp the start of a non-empty write; `kernel`: the reads that follow bring arrival times."""
        if kernel:
            self._arrivals = Arrivals(self.clock)
        self.write_ns = self.clock()

    @property
    def has_arrivals(self) -> bool:
        """Whether the kernel has told when reads arrived."""
        return self._arrivals is not None and self._arrivals.noted

    def settle(self) -> None:
        """When the request is over: give all pieces their arrival times, or none."""
        if self._arrivals is None or not self._arrivals.noted or not self.pieces:
            return
        arrived_ns = self._arrivals.settle((read_ns for read_ns, _ in self.pieces), self.start_ns)
        self.stamped_by = "kernel" if arrived_ns is not None else "clock, kernel doubted"
        if arrived_ns is not None:
            self.pieces = [(t_ns, piece) for t_ns, (_, piece) in zip(arrived_ns, self.pieces, strict=True)]

    def keep(self, piece: bytes) -> None:
        """Store a piece of the body; a comment (`: keep-alive`) or an empty `data:` alone is silence."""
        self.pieces.append((self.read_ns, piece))
        if not piece.lstrip().startswith(b":") and piece.strip() != b"data:":
            self._heard_ns = self.read_ns
        if not self._first_token:
            self._window = self._window[-_WINDOW_BYTES:] + piece
            self._first_token = content.FIRST.search(self._window) is not None

    def read(self, size_bytes: int, wall_ns: int | None = None) -> bool:
        """Stamp a read, and note its arrival; false when the answer is larger than it may be."""
        self.read_ns = self.clock()
        if self._arrivals is not None and wall_ns is not None:
            self._arrivals.note(self.read_ns, wall_ns)
        self._bytes += size_bytes
        if self._bytes > self.limits.max_bytes:
            self.expired = "too_large"
        return self.expired is None

    def remaining_s(self) -> float:
        """Seconds until the nearest limit; when there are none left, `expired` names it."""
        name, deadline_ns = self._deadline()
        left_ns = deadline_ns - self.clock()
        if left_ns <= 0:
            self.expired = name
        return left_ns / NS_PER_S

    def out_of_time(self) -> None:
        """Note which limit a socket's timeout was."""
        self.expired = self.expired or self._deadline()[0]

    def _deadline(self) -> tuple[str, int]:
        limits = self.limits
        deadlines = [("timeout_total", self.start_ns + round(limits.total_s * NS_PER_S))]
        if self._first_token and limits.idle_s is not None:
            deadlines.append(("timeout_idle", self._heard_ns + round(limits.idle_s * NS_PER_S)))
        if not self._first_token and limits.first_token_s is not None:
            deadlines.append(("timeout_first_token", self.start_ns + round(limits.first_token_s * NS_PER_S)))
        return min(deadlines, key=lambda deadline: deadline[1])
