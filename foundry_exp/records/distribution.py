"""A metric over many values."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95 % interval and how it was made."""

    low: float
    high: float
    method: str


@dataclass(frozen=True, slots=True)
class Distribution:
    """A metric over requests. Percentiles are linear (numpy's default)."""

    n: int
    missing: int
    """Requests that should have a value and have none."""
    mean: float | None
    sd: float | None
    min: float | None
    max: float | None
    p50: float | None
    p90: float | None
    p95: float | None
    p99: float | None
    intervals: dict[str, Interval | None] = field(default_factory=dict)
    """95 % intervals of mean, p50, p90, p95 and p99; null when n is too small for one, or a mean is of equal values."""
