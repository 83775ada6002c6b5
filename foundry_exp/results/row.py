"""A finished cell as one row: just what the tables show, each value with its unit in its name."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from foundry_exp.errors import StoreError
from foundry_exp.files.plain import is_mapping
from foundry_exp.metrics import catalogue
from foundry_exp.metrics.figure import Figure, Statistic
from foundry_exp.metrics.formats import COUNT
from foundry_exp.records.distribution import Distribution
from foundry_exp.records.record_json import NotTheRecordError, from_plain
from foundry_exp.records.run_result import RunResult


@dataclass(frozen=True, slots=True)
class Row:
    """One cell of a table. Missing is None, never 0."""

    model: str
    variant: str | None
    accel: str
    device: str | None
    streaming: bool
    backend: str
    status: str
    reason: str | None
    licence: str | None
    quality_source: str | None
    """The scorer that the quality is from."""
    energy_source: str | None
    figures: dict[str, float | None]
    """By their keys in the catalogue, in its order."""

    def __getitem__(self, key: str) -> float | None:
        """A figure by its key: `row["e2e_p95_ms"]`."""
        return self.figures[key]

    @property
    def p95_uncertain(self) -> bool:
        """Whether there is a p95 from too few requests for an interval."""
        return self["e2e_p95_ms"] is not None and self["e2e_p95_low_ms"] is None


def row(result: RunResult) -> Row:
    """What the tables show of a cell."""
    figures: dict[str, float | None] = {}
    for figure in catalogue.FIGURES:
        if figure.is_written and any(one.key for one in figure.statistics):
            figures |= _numbers(result, figure)
    if figures["disk_mb"] is None:
        figures["disk_mb"] = finite(result.model.disk_mb)
    return Row(
        model=result.model.alias,
        variant=result.model.variant,
        accel=result.accel,
        device=result.model.device,
        streaming=result.streaming,
        backend=result.backend,
        status=result.status,
        reason=result.reason,
        licence=result.model.licence,
        quality_source=result.quality_source,
        energy_source=result.energy_source,
        figures=figures,
    )


def _numbers(result: RunResult, figure: Figure) -> dict[str, float | None]:
    """The keys of one figure: each number, what is behind it, and the ends of its interval."""
    spread = distribution(result, figure.name)
    numbers: dict[str, float | None] = {}
    for one in figure.statistics:
        if not one.key:
            continue
        numbers[one.key] = _number(result, figure, one, spread)
        if one.count and figure.is_distribution:
            numbers[one.count] = spread.n if spread else None
        if one.bounds:
            interval = spread.intervals.get(one.of) if spread else None
            ends = (interval.low, interval.high) if interval else (None, None)
            numbers |= zip(one.bounds, map(finite, ends), strict=True)
    return numbers


def _number(result: RunResult, figure: Figure, one: Statistic, spread: Distribution | None) -> float | None:
    """Out of a distribution, of which the median unless told otherwise; a plain number stands for the headline."""
    if spread:
        return finite(getattr(spread, "p50" if one.of == "value" else one.of))
    value = finite(_metric(result, figure.name)) if one is figure.statistics[0] else None
    return (int(value) or None) if value is not None and figure.unit == COUNT else value


def distribution(result: RunResult, name: str) -> Distribution | None:
    """A metric over requests; null when it has no value."""
    value = _metric(result, name)
    if is_mapping(value):
        value = _read(result, name, value)
    return value if isinstance(value, Distribution) and value.n else None


def _read(result: RunResult, name: str, value: Mapping[str, object]) -> object:
    try:
        return from_plain(Distribution, value)
    except NotTheRecordError as error:
        msg = f"{result.run_id}: metric {name} is not a distribution ({error}); measure the cell again."
        raise StoreError(msg) from error


def scalar(result: RunResult, name: str) -> float | None:
    """A metric as one number: of a metric over requests, the median."""
    spread = distribution(result, name)
    return finite(spread.p50 if spread else _metric(result, name))


def _metric(result: RunResult, name: str) -> object:
    return result.shown_metrics.get(name)


def finite(value: object) -> float | None:
    """A number that can be shown; null for anything else."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return value if math.isfinite(value) else None
