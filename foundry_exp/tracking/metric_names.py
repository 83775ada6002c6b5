"""Which metrics MLflow gets and what they are called there: about thirty, because every one is a chart and a column."""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from foundry_exp.records.score import Scored

MAX_METRICS = 40
"""Rows, not runs, are what makes MLflow's search slow."""


class Source(NamedTuple):
    """A metric of run.json and, where it is a distribution, which number of it."""

    metric: str
    statistic: str | None


# The part before `/` becomes a section of MLflow's chart page, in alphabetical order: `latency` has to stay first.
# The first metric logged is the headline.
METRICS: Mapping[str, Source] = {
    "latency/ttft_ms_p50": Source("ttft_ms", "p50"),
    "latency/e2e_ms_p50": Source("e2e_ms", "p50"),
    "latency/e2e_ms_p95": Source("e2e_ms", "p95"),
    "latency/e2e_ms_mean": Source("e2e_ms", "mean"),
    "latency/typical_answer_ms": Source("typical_answer_ms", None),
    "latency/ttft_ms_p95": Source("ttft_ms", "p95"),
    "latency/ttfo_ms_p50": Source("ttfo_ms", "p50"),
    "latency/tpot_ms_p50": Source("tpot_ms", "p50"),
    "latency/event_gap_ms_p99": Source("event_gap_ms", "p99"),
    "throughput/decode_tok_per_s_p50": Source("decode_tok_per_s", "p50"),
    "throughput/output_tok_per_s_p50": Source("output_tok_per_s", "p50"),
    "throughput/prefill_tok_per_s_p50": Source("prefill_tok_per_s", "p50"),
    "throughput/throughput_tok_per_s": Source("throughput_tok_per_s", None),
    "throughput/goodput_req_per_s": Source("goodput_req_per_s", None),
    "load/load_s": Source("load_s", None),
    "load/cold_ttft_ms": Source("cold_ttft_ms", None),
    "memory/rss_baseline_mb": Source("rss_baseline_mb", None),
    "memory/rss_loaded_mb": Source("rss_loaded_mb", None),
    "memory/rss_peak_mb": Source("rss_peak_mb", None),
    "memory/vram_peak_mb": Source("vram_peak_mb", None),
    "memory/disk_mb": Source("disk_mb", None),
    "process/cpu_percent": Source("cpu_percent", None),
    "power/energy_j": Source("energy_j", None),
    "power/energy_j_per_token": Source("energy_j_per_token", None),
    "power/cost_per_1k_requests": Source("cost_per_1k_requests", None),
    "quality/overall": Source("quality", "mean"),
    "quality/scored_share": Source("quality_coverage", None),
    "quality/determinism_rate": Source("determinism_rate", None),
    "requests/error_rate": Source("error_rate", None),
    "tool/client_overhead_ms": Source("client_overhead_ms", None),
}

_ILLEGAL = re.compile(r"[^A-Za-z0-9_\-./ ]")


def logged_metrics(metrics: Mapping[str, Any]) -> dict[str, float]:
    """MLflow's name and value of every metric that has one; a null is left out, never a zero."""
    known = ((name, number(metrics.get(source.metric), source.statistic)) for name, source in METRICS.items())
    found = {name: value for name, value in known if value is not None}
    for name, value in _quality(metrics):
        if len(found) < MAX_METRICS:
            found.setdefault(name, value)
    return found


def _quality(metrics: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Scores of facets and scorers, `quality/<name>`, with the letters that MLflow takes."""
    for name, entry in metrics.items():
        value = number(entry, None)
        if name.startswith("quality/") and value is not None:
            yield _ILLEGAL.sub("_", name), value


def of_repeats(scores: Mapping[str, Scored]) -> dict[str, float | None]:
    """How far each scorer's points hold when they are asked for again, named like its quality."""
    shares = {f"quality/{name}_repeats_identical": scored.repeats_identical for name, scored in scores.items()}
    return shares | {f"quality/{name}_repeats_range": scored.repeats_range for name, scored in scores.items()}


def number(entry: object, statistic: str | None) -> float | None:
    """A finite number out of a number or a distribution, of which the mean unless told otherwise."""
    if isinstance(entry, Mapping):
        entry = entry.get(statistic or "mean")
    elif statistic is not None:
        return None
    if isinstance(entry, bool) or not isinstance(entry, int | float) or not math.isfinite(entry):
        return None
    return float(entry)
