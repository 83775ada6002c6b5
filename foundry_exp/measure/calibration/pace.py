"""Absolute deadlines and known work: what makes the timed server's own figures exact."""

import hashlib
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

NS_PER_MS = 1_000_000


def wait_until(due_ns: int) -> None:
    """Sleep to an absolute time, so that lateness does not add up over the events."""
    left_ns = due_ns - time.perf_counter_ns()
    if left_ns > 0:
        time.sleep(left_ns / 1e9)


def ticks(start_ns: int, end_ns: int, every_ms: float | None) -> Iterator[None]:
    """Wait until `end_ns`, coming back once every `every_ms`."""
    if every_ms is not None:
        due_ns = start_ns + round(every_ms * NS_PER_MS)
        while due_ns < end_ns:
            wait_until(due_ns)
            yield
            due_ns += round(every_ms * NS_PER_MS)
    wait_until(end_ns)


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
