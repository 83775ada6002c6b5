"""Numbers as a person reads them: three digits that count, their unit, and a dash for what is missing."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from foundry_exp.records.score import BEST, WORST

NOTHING = "–"
_LONGEST_MS = 10_000


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit, and how a stored value is written in it."""

    name: str
    divisor: float = 1.0
    """What a stored value is divided by to reach it."""
    head: str | None = None
    """In the head of a column, where that is not its name."""
    is_share: bool = False
    """Written as a percentage."""

    @property
    def of_column(self) -> str:
        """What stands in the head of a column."""
        return self.name if self.head is None else self.head

    def show(self, value: float | None) -> str:
        """The number alone."""
        if self.is_share:
            return share(value)
        return number(None if value is None else value / self.divisor)

    def say(self, value: float) -> str:
        """The number with its unit."""
        return f"{self.show(value)} {self.name}".rstrip()


MS = Unit("ms")
S = Unit("s")
MB = Unit("MB")
TOK_PER_S = Unit("tok/s")
POINTS = Unit(f"of {BEST}", head=f"{WORST}–{BEST}")
SHARE = Unit("", is_share=True)
COUNT = Unit("")


def time_unit(values_ms: Iterable[float | None]) -> Unit:
    """Milliseconds, or seconds for a whole column when one of its values is longer than ten."""
    longest = max((value for value in values_ms if value is not None), default=0.0)
    return Unit("s", 1000.0) if longest >= _LONGEST_MS else MS


def unit_for(unit: Unit, values: Iterable[float | None]) -> Unit:
    """The unit of these values together: times may be long."""
    return time_unit(values) if unit == MS else unit


def number(value: float | None) -> str:
    """Three digits that count, thousands grouped; a dash for null."""
    if value is None or not math.isfinite(value):
        return NOTHING
    size = abs(value)
    if 0 < size < 1:
        return f"{value:.3g}"
    decimals = 0 if size >= 99.95 else 1 if size >= 9.995 else 2  # noqa: PLR2004 - where rounding adds a digit
    return f"{value:,.{decimals}f}" if size else "0"


def share(value: float | None) -> str:
    """A fraction as a percentage; never rounded to 0 % or 100 % when it is neither."""
    if value is None or not math.isfinite(value):
        return NOTHING
    percent = 100 * value
    if 99 < percent < 100:  # noqa: PLR2004
        return f"{math.floor(percent * 10) / 10} %"
    return f"{percent:.2g} %" if percent < 10 else f"{percent:.0f} %"  # noqa: PLR2004


def on_scale(low: float, high: float) -> tuple[float, float]:
    """The interval of a mean of points, cut to its scale: beyond the ends of the scale there is nothing."""
    return max(low, WORST), min(high, BEST)


def times(ratio: float) -> str:
    """A ratio in words: 2.1 times."""
    digits = 2 if ratio < 1.1 else 1 if ratio < 9.95 else 0  # noqa: PLR2004
    return f"{ratio:.{digits}f} times"


def ahead(unit: Unit, one: float, other: float) -> str:
    """How far two figures are apart, of what is shown of them: `2.1 times`, and the difference of points."""
    low, high = sorted((_as_shown(unit, one), _as_shown(unit, other)))
    return number(high - low) if unit == POINTS else times(high / low)


def beyond(unit: Unit, value: float, limit: float) -> str:
    """How far a figure is from its limit, of what is shown of both: `15 % more`, `0.50 points less`."""
    one, other = _as_shown(unit, value), _as_shown(unit, limit)
    way = "more" if one > other else "less"
    if unit.is_share:
        return f"{number(abs(one - other))} percentage points {way}"
    if unit == POINTS:
        return f"{number(abs(one - other))} points {way}"
    return f"{share(abs(one / other - 1))} {way}"


def _as_shown(unit: Unit, value: float) -> float:
    return float(unit.show(value).replace(",", "").removesuffix(" %"))
