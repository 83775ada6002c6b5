"""Shares of requests, answers and prompts, and rates over the measured window."""

from collections.abc import Mapping, Sequence
from itertools import groupby

from foundry_exp.errors import ConfigError, offer
from foundry_exp.metrics import catalogue
from foundry_exp.metrics.answers import FLAGS, is_empty
from foundry_exp.metrics.request import EMPTY_ANSWER, PER_REQUEST, STOOD_STILL, Measured, due_ns, succeeded, waited_ns
from foundry_exp.metrics.stats.distribution import describe
from foundry_exp.metrics.stats.intervals import wilson_interval
from foundry_exp.metrics.values import NO_TOKENS, NOTHING_MEASURED, NOTHING_SUCCEEDED, Value, no_value
from foundry_exp.metrics.window import window
from foundry_exp.records.record import Record

_FEWEST_ROUNDS = 2
_NS_PER_MS = 1e6
_NO_WINDOW = "the measured window has no length"
_NO_SLO = "no SLO was given"


def error_rate(cell: Sequence[Measured]) -> Value:
    """Failed requests / all measured ones."""
    return _share([one.record.error is not None for one in cell], NOTHING_MEASURED)


def flag_rate(cell: Sequence[Measured], name: str) -> Value:
    """Answers with a flag / successful requests."""
    answers = succeeded(cell)
    reason = NOTHING_SUCCEEDED if cell else NOTHING_MEASURED
    return _share([FLAGS[name](one.record) for one in answers], reason)


def estimated_rate(cell: Sequence[Measured]) -> Value:
    """Answers whose tokens were not counted by the runtime / answers with a token count; over 0: do not rank."""
    return _share([one.timing.estimated for one in cell if one.timing.tokens], NO_TOKENS)


def determinism_rate(cell: Sequence[Measured], *, greedy: bool = True) -> Value:
    """Prompts whose successful answers are all byte-identical / prompts with at least two of them."""
    if not greedy:
        return no_value("decoding is not greedy, so answers may differ")
    same = [len(hashes) == 1 for hashes in outputs_by_prompt(cell).values()]
    return _share(same, "no prompt has two successful rounds to compare")


def outputs_by_prompt(cell: Sequence[Measured]) -> dict[str, set[str]]:
    """The different outputs of every prompt with at least two successful rounds."""
    rounds = {prompt: succeeded(group) for prompt, group in by_prompt(cell).items()}
    return {
        prompt: {one.record.output_hash for one in group}
        for prompt, group in rounds.items()
        if len(group) >= _FEWEST_ROUNDS
    }


def by_prompt(cell: Sequence[Measured]) -> dict[str, list[Measured]]:
    """The requests of every prompt in the order of their starts, prompts by name."""
    ordered = sorted(cell, key=lambda one: one.record.sample_id)
    return {prompt: list(group) for prompt, group in groupby(ordered, key=lambda one: one.record.sample_id)}


def _share(flags: Sequence[bool], reason: str) -> Value:
    if not flags:
        return no_value(reason)
    return Value(sum(flags) / len(flags), interval=wilson_interval(sum(flags), len(flags)))


def throughput(cell: Sequence[Measured]) -> Value:
    """Tokens of the successful requests / window, per second; null when one of them has no token count."""
    answers = [one for one in succeeded(cell) if one.timing.void not in (EMPTY_ANSWER, STOOD_STILL)]
    uncounted = sum(one.timing.tokens is None for one in answers)
    if not answers:
        return no_value(NOTHING_SUCCEEDED if cell else NOTHING_MEASURED)
    if uncounted:
        return no_value(f"{uncounted} of {len(answers)} answers have no token count")
    measured = window(cell)
    tokens = sum(
        share * (one.timing.tokens or 0)
        for one, share in zip(cell, measured.shares, strict=True)
        if one.record.error is None
    )
    return Value(tokens / measured.seconds) if measured.seconds else no_value(_NO_WINDOW)


def attainment(cell: Sequence[Measured], slos: Mapping[str, float] | None) -> Value:
    """Requests that meet every SLO / all that could be judged; failed and empty ones do not meet it."""
    verdicts = [verdict for verdict in slo_verdicts(cell, slos) if verdict is not None]
    reasons = (
        (not slos, _NO_SLO),
        (not cell, NOTHING_MEASURED),
        (not verdicts, "no request has a value for every SLO's metric"),
    )
    reason = next((reason for applies, reason in reasons if applies), None)
    if reason is not None:
        return no_value(reason)
    return Value(sum(verdicts) / len(verdicts), interval=wilson_interval(sum(verdicts), len(verdicts)))


def goodput(cell: Sequence[Measured], slos: Mapping[str, float] | None) -> Value:
    """Requests that meet every SLO / window, per second."""
    share = attainment(cell, slos)
    if share.value is None:
        return share
    measured = window(cell)
    good = sum(share for verdict, share in zip(slo_verdicts(cell, slos), measured.shares, strict=True) if verdict)
    return Value(good / measured.seconds) if measured.seconds else no_value(_NO_WINDOW)


def schedule_delay(cell: Sequence[Measured]) -> Value:
    """Start − the time the request was due, ms; more than 10 ms means that the wished rate was not kept."""
    late = [
        _late_ms(one.record)
        for one in cell
        if one.timing.void != STOOD_STILL and one.record.t_scheduled_ns is not None and not one.record.retries
    ]
    return Value(describe(late)) if late else no_value("requests were not started on a schedule")


def wait(cell: Sequence[Measured]) -> Value:
    """Start of the last try − the time the request was first due or tried, ms; of those that were tried again."""
    waited = [(pause[1] - pause[0]) / _NS_PER_MS for one in cell if (pause := waited_ns(one.record))]
    return Value(describe(waited)) if waited else no_value("no request was tried again")


def _late_ms(record: Record) -> float:
    return (record.t_start_ns - due_ns(record)) / _NS_PER_MS


def slo_verdicts(cell: Sequence[Measured], slos: Mapping[str, float] | None) -> list[bool | None]:
    """For each request whether it meets every SLO: latencies at most, rates at least; null is undecided."""
    limits = _checked(slos or {})
    return [_verdict(one, limits) for one in cell]


def _verdict(one: Measured, limits: Mapping[str, float]) -> bool | None:
    """One failed SLO decides; without one, a metric that is null leaves it undecided."""
    if one.record.error is not None or one.timing.void == EMPTY_ANSWER or is_empty(one.record):
        return False
    met = [_meets(name, PER_REQUEST[name](one), limit) for name, limit in limits.items()]
    if False in met:
        return False
    return None if None in met else True


def _meets(name: str, value: float | None, limit: float) -> bool | None:
    if value is None:
        return None
    return value <= limit if catalogue.figure(name).better == "less" else value >= limit


def slo_names() -> list[str]:
    """What an SLO can limit: figures that each request has, and of which less or more is better."""
    return [name for name in PER_REQUEST if catalogue.figure(name).better]


def _checked(slos: Mapping[str, float]) -> Mapping[str, float]:
    for name in slos:
        if name not in slo_names():
            msg = f"slo: unknown metric {name!r}; {offer(name, slo_names())}"
            raise ConfigError(msg)
    return slos
