"""The metrics that every request has one value of, or an answer several, as distributions over the cell."""

from collections.abc import Sequence

from foundry_exp.metrics.metric import NEEDS_STREAMING, NO_TOKENS, NOTHING_MEASURED, NOTHING_SUCCEEDED, Metric, null
from foundry_exp.metrics.request import EMPTY_ANSWER, Measured, succeeded
from foundry_exp.metrics.stats.distribution import describe, describe_clusters

PER_REQUEST = (
    "ttft_ms",
    "ttfo_ms",
    "e2e_ms",
    "tpot_ms",
    "tokens_per_event",
    "decode_tok_per_s",
    "output_tok_per_s",
    "prefill_tok_per_s",
)
TOKEN_BASED = ("tpot_ms", "tokens_per_event", "decode_tok_per_s", "output_tok_per_s", "prefill_tok_per_s")
WITHOUT_STREAMING = ("e2e_ms", "output_tok_per_s")


def distributions(cell: Sequence[Measured]) -> dict[str, Metric]:
    """Each metric of the successful requests; `missing` counts those of them that have no value."""
    return {name: distribution(name, cell) for name in PER_REQUEST} | {"event_gap_ms": _event_gaps(cell)}


def distribution(name: str, cell: Sequence[Measured]) -> Metric:
    """One metric over requests, or the reason why no request has it."""
    found = values(name, cell)
    if not found:
        return null(_why_null(name, cell))
    return Metric(describe(found, missing=len(succeeded(cell)) - len(found)))


def values(name: str, cell: Sequence[Measured]) -> list[float]:
    """The values of one metric in the order of the requests, without the null ones."""
    found = (value_of(name, one) for one in cell)
    return [value for value in found if value is not None]


def value_of(name: str, one: Measured) -> float | None:
    """One metric of one request."""
    value: float | None = getattr(one.timing, name)
    return value


def _why_null(name: str, cell: Sequence[Measured]) -> str:
    """The reason why no request of a cell has a metric."""
    answers = [one for one in succeeded(cell) if one.timing.void is None]
    reasons = (
        (not cell, NOTHING_MEASURED),
        (not succeeded(cell), NOTHING_SUCCEEDED),
        (not answers, _void_reason(cell)),
        (name not in WITHOUT_STREAMING and not any(one.record.streaming for one in answers), NEEDS_STREAMING),
        (name in TOKEN_BASED and not any(one.timing.tokens for one in answers), NO_TOKENS),
        (name == "ttfo_ms", "no answer has text outside its reasoning"),
    )
    fallback = "no answer has a second content event to time"
    return next((reason for applies, reason in reasons if applies), fallback)


def _void_reason(cell: Sequence[Measured]) -> str:
    reasons = sorted({one.timing.void or "" for one in succeeded(cell)})
    return "every answer is empty" if reasons == [EMPTY_ANSWER] else f"no usable answer ({', '.join(reasons)})"


def _event_gaps(cell: Sequence[Measured]) -> Metric:
    """Gaps between content events of all requests, pooled: the stall tail. `missing` counts requests without one."""
    gaps = [one.timing.gaps_ms for one in cell if one.timing.gaps_ms]
    if not gaps:
        return null(_why_null("event_gap_ms", cell))
    return Metric(describe_clusters(gaps, missing=len(succeeded(cell)) - len(gaps)))
