"""All requests of a cell → its figures, with a reason for each null and a warning for each doubt."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from foundry_exp.metrics import catalogue, cautions, rates
from foundry_exp.metrics.cache import cold_cache_ttft, warm_cache_ttft
from foundry_exp.metrics.request import PER_REQUEST, Measured, measured, succeeded
from foundry_exp.metrics.stability import outlying
from foundry_exp.metrics.values import NEEDS_STREAMING, Value, distribution, event_gaps, no_value
from foundry_exp.records.distribution import Distribution, Interval
from foundry_exp.records.record import Record

PER_PROMPT = ("ttft_ms", "e2e_ms", "tpot_ms")


@dataclass(frozen=True, slots=True)
class Basis:
    """What the figures of a cell are made from."""

    cell: Sequence[Measured]
    per_request: Mapping[str, Value]
    """The figures that each request has one of."""
    expected_tokens: float | None
    slos: Mapping[str, float] | None
    cold_ttft_ms: float | None
    greedy: bool


FORMULAS: dict[str, Callable[[Basis], Value]] = {
    "typical_answer_ms": lambda basis: _typical_answer(
        basis.per_request["ttft_ms"], basis.per_request["tpot_ms"], basis.expected_tokens
    ),
    "event_gap_ms": lambda basis: event_gaps(basis.cell),
    "throughput_tok_per_s": lambda basis: rates.throughput(basis.cell),
    "goodput_req_per_s": lambda basis: rates.goodput(basis.cell, basis.slos),
    "slo_attainment": lambda basis: rates.attainment(basis.cell, basis.slos),
    "schedule_delay_ms": lambda basis: rates.schedule_delay(basis.cell),
    "wait_ms": lambda basis: rates.wait(basis.cell),
    "ttft_cold_cache_ms": lambda basis: cold_cache_ttft(basis.cell),
    "ttft_warm_cache_ms": lambda basis: warm_cache_ttft(basis.cell),
    "cold_ttft_ms": lambda basis: _cold(basis.cold_ttft_ms),
    "determinism_rate": lambda basis: rates.determinism_rate(basis.cell, greedy=basis.greedy),
    "requests": lambda basis: Value(len(basis.cell)),
    "retries": lambda basis: Value(sum(one.record.retries for one in basis.cell)),
    "error_rate": lambda basis: rates.error_rate(basis.cell),
    "truncated_rate": lambda basis: rates.flag_rate(basis.cell, "truncated_rate"),
    "empty_rate": lambda basis: rates.flag_rate(basis.cell, "empty_rate"),
    "degenerate_rate": lambda basis: rates.flag_rate(basis.cell, "degenerate_rate"),
    "estimated_rate": lambda basis: rates.estimated_rate(basis.cell),
}
"""The formula of every other figure that follows from the records; the rest is seen from outside, or scored."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What the measured requests of one cell came to."""

    metrics: dict[str, Any]
    """Name to a number, a `Distribution`, or null; always the same names."""
    missing: dict[str, str]
    """Name to the reason why it is null."""
    intervals: dict[str, Interval]
    """95 % intervals of the shares; a distribution carries its own."""
    per_prompt: dict[str, dict[str, Any]]
    """Sample id to requests, failed, different outputs, latency distributions, and rounds that are outliers."""
    warnings: tuple[str, ...]


def summarise(
    records: Iterable[Record],
    *,
    expected_tokens: float | None = None,
    slos: Mapping[str, float] | None = None,
    cold_ttft_ms: float | None = None,
    max_tokens: int | Mapping[str, int] | None = None,
    greedy: bool = True,
) -> Summary:
    """Summarise the records of the measured phase; `max_tokens` may differ by sample id."""
    everything = list(records)
    cell = measured(everything)
    per_request = {name: distribution(name, cell) for name in PER_REQUEST}
    figures = _figures(Basis(cell, per_request, expected_tokens, slos, cold_ttft_ms, greedy))
    return Summary(
        metrics={name: one.value for name, one in figures.items()},
        missing={name: one.why_null for name, one in figures.items() if one.why_null is not None},
        intervals={name: one.interval for name, one in figures.items() if one.interval is not None},
        per_prompt=_per_prompt(cell),
        warnings=(
            *cautions.failures(cell),
            *cautions.stood_still(cell),
            *cautions.broken_clock(cell),
            *cautions.without_warmup(everything, cell),
            *cautions.answers(cell, greedy=greedy),
            *cautions.token_counts(cell, max_tokens),
            *cautions.prompt_cache(cell),
            *cautions.unsteady(cell),
            *cautions.undecided_slos(cell, slos),
            *cautions.small_samples(cell),
        ),
    )


def _figures(basis: Basis) -> dict[str, Value]:
    """Every figure that the catalogue has and that follows from the records, in its order."""
    made = (
        (one.name, basis.per_request.get(one.name) or FORMULAS[one.name](basis))
        for one in catalogue.FIGURES
        if one.name in basis.per_request or one.name in FORMULAS
    )
    return dict(made)


def typical_answer_ms(ttft_ms: float, tpot_ms: float, expected_tokens: float) -> float:
    """Median ttft + expected tokens × median tpot, ms; of a run, or of one of its prompts."""
    return ttft_ms + expected_tokens * tpot_ms


def _typical_answer(ttft: Value, tpot: Value, expected_tokens: float | None) -> Value:
    """A cell's typical answer, or why it has none."""
    if not isinstance(ttft.value, Distribution) or ttft.value.p50 is None:
        streaming = f"{NEEDS_STREAMING}; compare e2e_ms"
        return no_value(streaming if ttft.why_null == NEEDS_STREAMING else f"ttft_ms is null: {ttft.why_null}")
    if not isinstance(tpot.value, Distribution) or tpot.value.p50 is None:
        return no_value(f"tpot_ms is null: {tpot.why_null}")
    if expected_tokens is None:
        return no_value("the prompt set states no expected tokens")
    return Value(typical_answer_ms(ttft.value.p50, tpot.value.p50, expected_tokens))


def _cold(cold_ttft_ms: float | None) -> Value:
    if cold_ttft_ms is None:
        return no_value("the first request after loading was not a successful streamed warm-up")
    return Value(cold_ttft_ms)


def _per_prompt(cell: Sequence[Measured]) -> dict[str, dict[str, Any]]:
    strange = {name: outlying(name, cell) for name in PER_PROMPT}
    return {
        prompt: {
            "requests": len(group),
            "failed": len(group) - len(succeeded(group)),
            "outputs": len({one.record.output_hash for one in succeeded(group)}),
            **{name: distribution(name, group).value for name in PER_PROMPT},
            "outlier_rounds": {name: _rounds(strange[name], prompt) for name in PER_PROMPT},
        }
        for prompt, group in rates.by_prompt(cell).items()
    }


def _rounds(strange: Sequence[Measured], prompt: str) -> list[int]:
    return sorted(one.record.round for one in strange if one.record.sample_id == prompt)
