"""All requests of a cell → its metrics, with a reason for each null and a warning for each doubt."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from foundry_exp.metrics import cautions, rates
from foundry_exp.metrics.cache import cache_metrics
from foundry_exp.metrics.distributions import distribution, distributions
from foundry_exp.metrics.load import attainment, goodput, schedule_delay, throughput
from foundry_exp.metrics.metric import NEEDS_STREAMING, Metric, null
from foundry_exp.metrics.request import Measured, measured, succeeded
from foundry_exp.metrics.stability import outlying
from foundry_exp.records.distribution import Distribution, Interval
from foundry_exp.records.record import Record

PER_PROMPT = ("ttft_ms", "e2e_ms", "tpot_ms")


@dataclass(frozen=True, slots=True)
class Summary:
    """What the measured requests of one cell came to."""

    metrics: dict[str, Any]
    """Metric name to a number, a `Distribution`, or null; always the same names."""
    missing: dict[str, str]
    """Metric name to the reason why it is null."""
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
    metrics = {
        **_scalars(cell, slos, greedy=greedy),
        **distributions(cell),
        **cache_metrics(cell),
        "cold_ttft_ms": _cold(cold_ttft_ms),
    }
    metrics["typical_answer_ms"] = _typical_answer(metrics["ttft_ms"], metrics["tpot_ms"], expected_tokens)
    return Summary(
        metrics={name: metric.value for name, metric in metrics.items()},
        missing={name: metric.why_null for name, metric in metrics.items() if metric.why_null is not None},
        intervals={name: metric.interval for name, metric in metrics.items() if metric.interval is not None},
        per_prompt=_per_prompt(cell),
        warnings=(
            *cautions.failures(cell),
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


def typical_answer_ms(ttft_ms: float, tpot_ms: float, expected_tokens: float) -> float:
    """Median ttft + expected tokens × median tpot, ms; of a run, or of one of its prompts."""
    return ttft_ms + expected_tokens * tpot_ms


def _typical_answer(ttft: Metric, tpot: Metric, expected_tokens: float | None) -> Metric:
    """A cell's typical answer, or why it has none."""
    if not isinstance(ttft.value, Distribution) or ttft.value.p50 is None:
        streaming = f"{NEEDS_STREAMING}; compare e2e_ms"
        return null(streaming if ttft.why_null == NEEDS_STREAMING else f"ttft_ms is null: {ttft.why_null}")
    if not isinstance(tpot.value, Distribution) or tpot.value.p50 is None:
        return null(f"tpot_ms is null: {tpot.why_null}")
    if expected_tokens is None:
        return null("the prompt set states no expected tokens")
    return Metric(typical_answer_ms(ttft.value.p50, tpot.value.p50, expected_tokens))


def _scalars(cell: Sequence[Measured], slos: Mapping[str, float] | None, *, greedy: bool) -> dict[str, Metric]:
    return {
        "requests": Metric(len(cell)),
        "retries": Metric(sum(one.record.retries for one in cell)),
        "error_rate": rates.error_rate(cell),
        "throughput_tok_per_s": throughput(cell),
        "goodput_req_per_s": goodput(cell, slos),
        "slo_attainment": attainment(cell, slos),
        "schedule_delay_ms": schedule_delay(cell),
        "determinism_rate": rates.determinism_rate(cell, greedy=greedy),
        "estimated_rate": rates.estimated_rate(cell),
        **rates.answer_rates(cell),
    }


def _cold(cold_ttft_ms: float | None) -> Metric:
    if cold_ttft_ms is None:
        return null("the first request after loading was not a successful streamed warm-up")
    return Metric(cold_ttft_ms)


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


def _rounds(found: Sequence[Measured], prompt: str) -> list[int]:
    return sorted(one.record.round for one in found if one.record.sample_id == prompt)
