"""Rates over the measured window: throughput, goodput, and the share of requests that meet every SLO."""

from collections.abc import Mapping, Sequence
from itertools import groupby

from foundry_exp.errors import ConfigError, offer
from foundry_exp.metrics.answers import is_empty
from foundry_exp.metrics.distributions import value_of
from foundry_exp.metrics.metric import NOTHING_MEASURED, NOTHING_SUCCEEDED, Metric, null
from foundry_exp.metrics.request import EMPTY_ANSWER, Measured, answered_ns, due_ns, succeeded
from foundry_exp.metrics.stats.distribution import describe
from foundry_exp.metrics.stats.intervals import wilson_interval
from foundry_exp.records.record import Record

AT_MOST = ("ttft_ms", "ttfo_ms", "e2e_ms", "tpot_ms")
AT_LEAST = ("decode_tok_per_s", "output_tok_per_s", "prefill_tok_per_s")

_NS_PER_S = 1e9
_NO_WINDOW = "the measured window has no length"
_NO_SLO = "no SLO was given"


def window_s(cell: Sequence[Measured]) -> float:
    """Seconds from the first start to the last content event, summed over attempts.

    A failed or empty request has no last content event; it ends the window when it was over, so that a
    trailing timeout costs throughput like one in the middle. Time between attempts is not measured time.
    """
    attempts = groupby(cell, key=lambda one: one.record.attempt)
    return sum(_span_ns(list(group)) for _, group in attempts) / _NS_PER_S


def throughput(cell: Sequence[Measured]) -> Metric:
    """Tokens of the successful requests / window, per second; null when one of them has no token count."""
    answers = [one for one in succeeded(cell) if one.timing.void != EMPTY_ANSWER]
    uncounted = sum(one.timing.tokens is None for one in answers)
    if not answers:
        return null(NOTHING_SUCCEEDED if cell else NOTHING_MEASURED)
    if uncounted:
        return null(f"{uncounted} of {len(answers)} answers have no token count")
    window = window_s(cell)
    return Metric(sum(one.timing.tokens or 0 for one in answers) / window) if window else null(_NO_WINDOW)


def attainment(cell: Sequence[Measured], slos: Mapping[str, float] | None) -> Metric:
    """Requests that meet every SLO / all that could be judged; failed and empty ones do not meet it."""
    verdicts = [verdict for verdict in slo_verdicts(cell, slos) if verdict is not None]
    reasons = (
        (not slos, _NO_SLO),
        (not cell, NOTHING_MEASURED),
        (not verdicts, "no request has a value for every SLO's metric"),
    )
    reason = next((reason for applies, reason in reasons if applies), None)
    if reason is not None:
        return null(reason)
    return Metric(sum(verdicts) / len(verdicts), interval=wilson_interval(sum(verdicts), len(verdicts)))


def goodput(cell: Sequence[Measured], slos: Mapping[str, float] | None) -> Metric:
    """Requests that meet every SLO / window, per second."""
    share = attainment(cell, slos)
    if share.value is None:
        return share
    window = window_s(cell)
    good = sum(verdict is True for verdict in slo_verdicts(cell, slos))
    return Metric(good / window) if window else null(_NO_WINDOW)


def schedule_delay(cell: Sequence[Measured]) -> Metric:
    """Start − the time the request was due, ms; more than 10 ms means that the wished rate was not kept."""
    late = [_late_ms(one.record) for one in cell if one.record.t_scheduled_ns is not None and not one.record.retries]
    return Metric(describe(late)) if late else null("requests were not started on a schedule")


def _late_ms(record: Record) -> float:
    return (record.t_start_ns - due_ns(record)) / 1e6


def slo_verdicts(cell: Sequence[Measured], slos: Mapping[str, float] | None) -> list[bool | None]:
    """For each request whether it meets every SLO: latencies at most, rates at least; null is undecided."""
    limits = _checked(slos or {})
    return [_verdict(one, limits) for one in cell]


def _verdict(one: Measured, limits: Mapping[str, float]) -> bool | None:
    """One failed SLO decides; without one, a metric that is null leaves it undecided."""
    if one.record.error is not None or one.timing.void == EMPTY_ANSWER or is_empty(one.record):
        return False
    met = [_meets(name, value_of(name, one), limit) for name, limit in limits.items()]
    if False in met:
        return False
    return None if None in met else True


def _meets(name: str, value: float | None, limit: float) -> bool | None:
    if value is None:
        return None
    return value <= limit if name in AT_MOST else value >= limit


def _checked(slos: Mapping[str, float]) -> Mapping[str, float]:
    for name in slos:
        if name not in AT_MOST + AT_LEAST:
            msg = f"slo: unknown metric {name!r}; {offer(name, AT_MOST + AT_LEAST)}"
            raise ConfigError(msg)
    return slos


def _span_ns(attempt: Sequence[Measured]) -> int:
    return max(_over_ns(one) for one in attempt) - min(due_ns(one.record) for one in attempt)


def _over_ns(one: Measured) -> int:
    answered = answered_ns(one.record) if one.record.error is None else None
    return one.record.t_end_ns if answered is None else answered
