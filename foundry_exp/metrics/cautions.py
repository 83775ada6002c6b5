"""What a reader of a cell's numbers has to know, in full sentences with the numbers."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from statistics import median

from foundry_exp.files.escape import first_few
from foundry_exp.metrics.answers import FLAGS, contradictions, limit_of
from foundry_exp.metrics.cache import cache_split
from foundry_exp.metrics.rates import outputs_by_prompt, slo_verdicts
from foundry_exp.metrics.request import CLOCK_RAN_BACKWARDS, PER_REQUEST, STOOD_STILL, Measured, succeeded
from foundry_exp.metrics.stability import drift_of, outlying, shifted_medians
from foundry_exp.metrics.stats.bootstrap import MINIMUM_CLUSTERS
from foundry_exp.metrics.stats.intervals import MINIMUM_N
from foundry_exp.metrics.values import values
from foundry_exp.records.record import Record

STEADY_METRICS = ("ttft_ms", "tpot_ms", "e2e_ms")
"""Looked at for outliers, drift and shifts."""

_SLOWED = "heat, power or another program; let the machine cool down and measure again."
_SPED_UP = "its beginning was slow, by another program or too short a warm-up; raise workload.warmup and measure again."
_NAMED = 3
_SMALLEST_P = 0.001
_SEVERAL_TOKENS = 1.1

_FLAG_SENTENCES = {
    "truncated_rate": "reached the token limit: e2e_ms and quality are of cut answers; raise generation.max_tokens.",
    "empty_rate": "are empty or reasoning alone: goodput counts them as failed, and comparisons leave out their speed.",
    "degenerate_rate": "repeat themselves or are not text: their speed says nothing; do not rank this cell by it.",
}


def failures(cell: Sequence[Measured]) -> list[str]:
    """How many requests failed, by class, and how many were tried again."""
    classes = Counter(one.record.error.class_ for one in cell if one.record.error is not None)
    listed = ", ".join(f"{count} {name}" for name, count in sorted(classes.items()))
    retries = [one.record.retries for one in cell if one.record.retries]
    again = f"{len(retries)} of {len(cell)} requests were tried again, {sum(retries)} times in all;"
    return _sentences(
        (classes, f"{classes.total()} of {len(cell)} requests failed ({listed}); no latency includes them."),
        (retries, f"{again} their latency is of the last try, and the time before it is in wait_ms alone."),
    )


def stood_still(cell: Sequence[Measured]) -> list[str]:
    """Requests in which something stood still, and what."""
    reasons = Counter(one.record.stood_still for one in cell if one.timing.void == STOOD_STILL)
    listed = "; ".join(f"{count} because {what}" for what, count in reasons.items())
    return _sentences(
        (
            reasons,
            f"{reasons.total()} of {len(cell)} requests are in no time, rate or energy ({listed}): measure again "
            "where that leaves too few.",
        ),
    )


def broken_clock(cell: Sequence[Measured]) -> list[str]:
    """Records whose stamps run backwards."""
    broken = sum(one.timing.void == CLOCK_RAN_BACKWARDS for one in cell)
    return _sentences(
        (
            broken,
            f"{broken} of {len(cell)} records have an event stamped before the one before it; none of them is timed.",
        )
    )


def without_warmup(records: Iterable[Record], cell: Sequence[Measured]) -> list[str]:
    """Attempts whose first measured request was also the first after loading."""
    warmed = {record.attempt for record in records if record.phase == "warmup"}
    cold = sorted({one.record.attempt for one in cell} - warmed)
    return [
        f"attempt {attempt} has no warm-up request, so its first measured request is also the first after loading; "
        "set workload.warmup to 1 or more."
        for attempt in cold
    ]


def small_samples(cell: Sequence[Measured]) -> list[str]:
    """For each n, the metrics that have too few requests for an interval of some percentile."""
    counts = {name: len(values(name, cell)) for name in PER_REQUEST}
    sizes = sorted({count for count in counts.values() if count})
    sentences = [
        sentence
        for n in sizes
        for sentence in _too_small(n, [name for name in counts if counts[name] == n] if len(sizes) > 1 else [])
    ]
    gaps = sum(bool(one.timing.gaps_ms) for one in cell)
    few = 0 < gaps < MINIMUM_CLUSTERS
    return sentences + _sentences(
        (
            few,
            f"event_gap_ms: {gaps} requests are too few for an interval (needs {MINIMUM_CLUSTERS}); measure more.",
        )
    )


def unsteady(cell: Sequence[Measured]) -> list[str]:
    """Outliers, drift and shifts between attempts."""
    return [
        sentence
        for name in STEADY_METRICS
        for sentence in (*_outliers(name, cell), *_drift(name, cell), *_shift(name, cell))
    ]


def answers(cell: Sequence[Measured], *, greedy: bool) -> list[str]:
    """Truncated, empty and degenerate answers, and prompts whose greedy output differs between rounds."""
    done = succeeded(cell)
    flagged = [(sum(flag(one.record) for one in done), _FLAG_SENTENCES[name]) for name, flag in FLAGS.items()]
    outputs = outputs_by_prompt(cell) if greedy else {}
    different = [prompt for prompt, hashes in outputs.items() if len(hashes) > 1]
    changed = f"{len(different)} of {len(outputs)} prompts were answered differently in different rounds"
    return [f"{count} of {len(done)} answers {rest}" for count, rest in flagged if count] + _sentences(
        (different, f"{changed} ({first_few(different, _NAMED)}): greedy output is not deterministic here.")
    )


def token_counts(cell: Sequence[Measured], max_tokens: int | Mapping[str, int] | None) -> list[str]:
    """Token counts that are estimated, missing, contradict the answer, or come several to an event."""
    done = [one for one in succeeded(cell) if one.timing.void is None]
    estimated = sum(one.timing.estimated for one in done)
    uncounted = sum(one.timing.tokens is None for one in done)
    per_event = values("tokens_per_event", cell)
    packed = f"content events carry {median(per_event):.2g} tokens in the median" if per_event else ""
    return [
        *_sentences(
            (
                estimated,
                f"{estimated} of {len(done)} token counts are estimated, not the runtime's own: "
                "tpot_ms and every tok/s are kept out of rankings.",
            ),
            (
                uncounted,
                f"{uncounted} of {len(done)} answers have no token count: they have no tpot_ms and no tok/s.",
            ),
            (
                per_event and median(per_event) > _SEVERAL_TOKENS,
                f"{packed}: event_gap_ms is the gap between events, not between tokens.",
            ),
        ),
        *_contradictions(cell, max_tokens),
    ]


def prompt_cache(cell: Sequence[Measured]) -> list[str]:
    """Signs that some prompts were answered from a warm cache."""
    split = cache_split(cell)
    if split is None:
        return []
    sign = "had prompt tokens cached" if split.reported else "repeat a prompt and took under half the first one's ttft"
    return [
        f"{len(split.warm)} of {len(split.warm) + len(split.cold)} requests {sign}: ttft_ms mixes cold and warm "
        "and prefill_tok_per_s is too high; read ttft_cold_cache_ms and ttft_warm_cache_ms."
    ]


def undecided_slos(cell: Sequence[Measured], slos: Mapping[str, float] | None) -> list[str]:
    """Requests that lack the value of an SLO's metric."""
    undecided = sum(verdict is None for verdict in slo_verdicts(cell, slos)) if slos else 0
    return _sentences(
        (undecided, f"{undecided} of {len(cell)} requests lack a metric of an SLO: left out of slo_attainment.")
    )


def _too_small(n: int, names: Sequence[str]) -> list[str]:
    short = [f"{name} (needs {needed})" for name, needed in MINIMUM_N.items() if n < needed]
    of = f"{', '.join(names)}: " if names else ""
    return _sentences((short, f"{of}n={n} is too small for an interval of {', '.join(short)}; measure more rounds."))


def _outliers(name: str, cell: Sequence[Measured]) -> list[str]:
    strange = outlying(name, cell)
    where = first_few([f"{one.record.sample_id} round {one.record.round}" for one in strange], _NAMED)
    return _sentences(
        (
            strange,
            f"{name}: {len(strange)} of {len(values(name, cell))} requests are outliers among their prompt's "
            f"({where}); they are kept in every number. Look for what else ran then.",
        )
    )


def _drift(name: str, cell: Sequence[Measured]) -> list[str]:
    trend = drift_of(name, cell)
    if trend is None or not trend.significant or trend.change is None:
        return []
    p_value = f"p={trend.p_value:.3f}" if (trend.p_value or 0) >= _SMALLEST_P else f"p<{_SMALLEST_P}"
    return [
        f"{name} drifted by {trend.change:+.0%} over the run (n={trend.n}, {p_value}): "
        f"{_SLOWED if trend.change > 0 else _SPED_UP}"
    ]


def _shift(name: str, cell: Sequence[Measured]) -> list[str]:
    medians = shifted_medians(name, cell)
    if medians is None:
        return []
    listed = ", ".join(f"{value:.3g}" for value in medians)
    return [f"{name} shifted between attempts (medians {listed} ms): do not read them as one measurement."]


def _contradictions(cell: Sequence[Measured], max_tokens: int | Mapping[str, int] | None) -> list[str]:
    clauses = Counter(
        clause for one in cell for clause in contradictions(one.record, limit_of(one.record.sample_id, max_tokens))
    )
    return [
        f"usage contradicts the answer in {count} of {len(succeeded(cell))} requests ({clause}): "
        "token rates of this runtime cannot be trusted."
        for clause, count in sorted(clauses.items())
    ]


def _sentences(*candidates: tuple[object, str]) -> list[str]:
    """The sentences whose condition holds."""
    return [sentence for applies, sentence in candidates if applies]
