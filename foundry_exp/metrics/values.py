"""A figure of a cell: its value, or the reason why there is none; first of all those that each request has one of."""

from collections.abc import Sequence
from dataclasses import dataclass

from foundry_exp.metrics import catalogue
from foundry_exp.metrics.figure import Figure
from foundry_exp.metrics.request import EMPTY_ANSWER, PER_REQUEST, Measured, succeeded
from foundry_exp.metrics.stats.distribution import describe, describe_clusters
from foundry_exp.records.distribution import Distribution, Interval

NOTHING_MEASURED = "no request was measured"
NOTHING_SUCCEEDED = "no measured request succeeded"
NEEDS_STREAMING = "needs streaming (streaming=on)"
NO_TOKENS = "no answer has a token count"


@dataclass(frozen=True, slots=True)
class Value:
    """A number or a distribution; null comes with its reason."""

    value: float | Distribution | None
    why_null: str | None = None
    interval: Interval | None = None
    """95 % interval of a share; a distribution carries its own."""


def no_value(reason: str) -> Value:
    """No value, and why."""
    return Value(None, reason)


def distribution(name: str, cell: Sequence[Measured]) -> Value:
    """One figure over requests, or the reason why no request has it. `missing` counts the successful ones without."""
    present = values(name, cell)
    if not present:
        return no_value(_why_null(catalogue.figure(name), cell))
    return Value(describe(present, missing=len(succeeded(cell)) - len(present)))


def event_gaps(cell: Sequence[Measured]) -> Value:
    """Gaps between content events of all requests, pooled: the stall tail. `missing` counts requests without one."""
    gaps = [one.timing.gaps_ms for one in cell if one.timing.gaps_ms]
    if not gaps:
        return no_value(_why_null(catalogue.figure("event_gap_ms"), cell))
    return Value(describe_clusters(gaps, missing=len(succeeded(cell)) - len(gaps)))


def values(name: str, cell: Sequence[Measured]) -> list[float]:
    """The values of one figure in the order of the requests, without the null ones."""
    formula = PER_REQUEST[name]
    return [value for value in map(formula, cell) if value is not None]


def _why_null(figure: Figure, cell: Sequence[Measured]) -> str:
    """The reason why no request of a cell has a figure."""
    answers = [one for one in succeeded(cell) if one.timing.void is None]
    reasons = (
        (not cell, NOTHING_MEASURED),
        (not succeeded(cell), NOTHING_SUCCEEDED),
        (not answers, _void_reason(cell)),
        ("streaming" in figure.needs and not any(one.record.streaming for one in answers), NEEDS_STREAMING),
        ("tokens" in figure.needs and not any(one.timing.tokens for one in answers), NO_TOKENS),
    )
    return next((reason for applies, reason in reasons if applies), figure.otherwise)


def _void_reason(cell: Sequence[Measured]) -> str:
    reasons = sorted({one.timing.void or "" for one in succeeded(cell)})
    return "every answer is empty" if reasons == [EMPTY_ANSWER] else f"no usable answer ({', '.join(reasons)})"
