"""What a person sees of a download: how much is here, how fast it comes, how long yet. Nothing without a terminal."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Column

from foundry_exp.runtime.worker import OnStep, Step

_RATE_OVER_S = 20.0
_RATE_AFTER_S = 1.0
"""A rate over less says nothing."""
_LOG_BYTES = 2**18
"""As much may be the runtime's own log, and none of it the model."""
_BAR_WIDTH = 12
_TEXT_WIDTH = 46
"""Of the longest that is said of an amount."""
_LEAST_NAME_WIDTH = 20


class Amount:
    """How much of one download is here, from its steps."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Nothing is known yet."""
        self._clock = clock
        self.total_bytes: float | None = None
        self.done_bytes = 0.0
        self._seen: deque[tuple[float, float]] = deque()

    def take(self, step: Step) -> None:
        """Count one step; a `resolved` one begins the count anew, since a new try looks what is here."""
        if step["step"] == "resolved":
            self.total_bytes = step["size_mb"] * 1e6 if step["size_mb"] else None
            self.done_bytes = 0.0
            self._seen.clear()
        elif step["step"] in ("downloading", "bytes"):
            self.done_bytes = max(self.done_bytes, self._here(step))
            now_s = self._clock()
            self._seen.append((now_s, self.done_bytes))
            while now_s - self._seen[0][0] > _RATE_OVER_S:
                self._seen.popleft()

    def _here(self, step: Step) -> float:
        """By the runtime's percent, or finer by what was written, never beyond the whole."""
        written = float(step["written_bytes"]) if step["written_bytes"] > _LOG_BYTES else 0.0
        if self.total_bytes is None:
            return written
        percent: float = step.get("percent", 0.0)
        return min(max(self.total_bytes * percent / 100, written), self.total_bytes)

    @property
    def rate_bytes_per_s(self) -> float | None:
        """Over the last 20 s; null before there is a second of them."""
        if not self._seen or self._seen[-1][0] - self._seen[0][0] < _RATE_AFTER_S:
            return None
        (first_s, first), (last_s, last) = self._seen[0], self._seen[-1]
        return (last - first) / (last_s - first_s)

    def __str__(self) -> str:
        """As in `1.20 of 5.15 GB, 12.3 MB/s, 5 min 21 s left`."""
        unit, of = ("GB", 1e9) if (self.total_bytes or self.done_bytes) >= 1e9 else ("MB", 1e6)  # noqa: PLR2004
        digits = 2 if unit == "GB" else 1
        whole = f" of {self.total_bytes / of:.{digits}f}" if self.total_bytes else ""
        parts = [f"{self.done_bytes / of:.{digits}f}{whole} {unit}"]
        rate = self.rate_bytes_per_s
        if rate:
            parts.append(f"{rate / 1e6:.1f} MB/s")
            if self.total_bytes:
                parts.append(f"{_duration((self.total_bytes - self.done_bytes) / rate)} left")
        return ", ".join(parts)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


@contextmanager
def shown(name: str) -> Iterator[OnStep]:
    """A live line on a terminal, fed with the steps of a download; a retry is said in any case."""
    console = Console(stderr=True)
    with Progress(*_columns(console.width), console=console, transient=True, disable=not console.is_terminal) as drawn:
        task = drawn.add_task(_fitted(name, console.width), total=None, amount="asking the catalogue")
        amount = Amount()

        def show(step: Step) -> None:
            amount.take(step)
            if step["step"] == "retrying":
                line = f"{name}: {step['reason']}; again in {step['pause_s']:g} s ({step['tries_left']} left)"
                console.print(line, markup=False, highlight=False, soft_wrap=True)
                return
            title = _fitted(step["id"], console.width) if step["step"] == "resolved" else None
            here = str(amount)
            drawn.update(task, description=title, total=amount.total_bytes, completed=amount.done_bytes, amount=here)

        yield show


def _columns(width: int) -> list[TextColumn | BarColumn]:
    """One line whatever the width: no bar where there is no room for one."""
    texts = [
        TextColumn(text, markup=False, table_column=Column(no_wrap=True))
        for text in ("{task.description}", "{task.fields[amount]}")
    ]
    if _bar_fits(width):
        return [texts[0], BarColumn(bar_width=_BAR_WIDTH), texts[1]]
    return [*texts]


def _bar_fits(width: int) -> bool:
    return width >= _LEAST_NAME_WIDTH + _BAR_WIDTH + _TEXT_WIDTH + 2


def _fitted(name: str, width: int) -> str:
    left = width - _TEXT_WIDTH - 2 - (_BAR_WIDTH + 1 if _bar_fits(width) else 0)
    room = max(left, _LEAST_NAME_WIDTH)
    return name if len(name) <= room else f"{name[: room - 1]}…"
