"""A finished cell as one row: just what the tables show, each value with its unit in its name."""

import math
from dataclasses import dataclass
from typing import Any

from foundry_exp.errors import StoreError
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
    requests: int | None
    error_rate: float | None
    n: int | None
    """Requests that the whole-answer times come from."""
    ttft_p50_ms: float | None
    ttft_n: int | None
    e2e_avg_ms: float | None
    e2e_p50_ms: float | None
    e2e_p95_ms: float | None
    e2e_p95_low_ms: float | None
    """The 95 % interval of the p95; null with a p95 means that n is too small for one."""
    e2e_p95_high_ms: float | None
    typical_answer_ms: float | None
    decode_tok_per_s: float | None
    """Median over requests, as `output_tok_per_s` is."""
    output_tok_per_s: float | None
    throughput_tok_per_s: float | None
    load_s: float | None
    cold_ttft_ms: float | None
    rss_peak_mb: float | None
    vram_peak_mb: float | None
    quality: float | None
    """Mean over prompts, 1 to 5."""
    quality_n: int | None
    """Prompts with a score."""
    quality_low: float | None
    """The 95 % interval of that mean."""
    quality_high: float | None
    quality_source: str | None
    """The scorer that it is from."""
    disk_mb: float | None
    licence: str | None
    determinism_rate: float | None
    energy_j_per_token: float | None
    energy_source: str | None
    """Where the energy is from."""

    @property
    def p95_uncertain(self) -> bool:
        """Whether there is a p95 from too few requests for an interval."""
        return self.e2e_p95_ms is not None and self.e2e_p95_low_ms is None


def row(result: RunResult) -> Row:
    """What the tables show of a cell."""
    ttft, e2e = distribution(result, "ttft_ms"), distribution(result, "e2e_ms")
    p95_range = e2e.intervals.get("p95") if e2e else None
    points = distribution(result, "quality")
    points_range = points.intervals.get("mean") if points else None
    disk_mb = scalar(result, "disk_mb")
    return Row(
        model=result.model.alias,
        variant=result.model.variant,
        accel=result.accel,
        device=result.model.device,
        streaming=result.streaming,
        backend=result.backend,
        status=result.status,
        reason=result.reason,
        requests=_count(scalar(result, "requests")),
        error_rate=scalar(result, "error_rate"),
        n=_n(e2e),
        ttft_p50_ms=finite(ttft.p50) if ttft else None,
        ttft_n=_n(ttft),
        e2e_avg_ms=finite(e2e.mean) if e2e else None,
        e2e_p50_ms=finite(e2e.p50) if e2e else None,
        e2e_p95_ms=finite(e2e.p95) if e2e else None,
        e2e_p95_low_ms=finite(p95_range.low) if p95_range else None,
        e2e_p95_high_ms=finite(p95_range.high) if p95_range else None,
        typical_answer_ms=scalar(result, "typical_answer_ms"),
        decode_tok_per_s=scalar(result, "decode_tok_per_s"),
        output_tok_per_s=scalar(result, "output_tok_per_s"),
        throughput_tok_per_s=scalar(result, "throughput_tok_per_s"),
        load_s=scalar(result, "load_s"),
        cold_ttft_ms=scalar(result, "cold_ttft_ms"),
        rss_peak_mb=scalar(result, "rss_peak_mb"),
        vram_peak_mb=scalar(result, "vram_peak_mb"),
        quality=_mean(result, "quality"),
        quality_n=_n(distribution(result, "quality")),
        quality_low=finite(points_range.low) if points_range else None,
        quality_high=finite(points_range.high) if points_range else None,
        quality_source=result.quality_source,
        disk_mb=disk_mb if disk_mb is not None else finite(result.model.disk_mb),
        licence=result.model.licence,
        determinism_rate=scalar(result, "determinism_rate"),
        energy_j_per_token=scalar(result, "energy_j_per_token"),
        energy_source=result.energy_source,
    )


def distribution(result: RunResult, name: str) -> Distribution | None:
    """A metric over requests; null when it has no value."""
    value = _metric(result, name)
    if isinstance(value, dict):
        value = _read(result, name, value)
    return value if isinstance(value, Distribution) and value.n else None


def _read(result: RunResult, name: str, value: dict[str, Any]) -> Any:
    try:
        return from_plain(Distribution, value)
    except NotTheRecordError as error:
        msg = f"{result.run_id}: metric {name} is not a distribution ({error}); measure the cell again."
        raise StoreError(msg) from error


def scalar(result: RunResult, name: str) -> float | None:
    """A metric as one number: of a metric over requests, the median."""
    spread = distribution(result, name)
    return finite(spread.p50 if spread else _metric(result, name))


def _mean(result: RunResult, name: str) -> float | None:
    """Points are a scale of five steps: their mean says more than their median."""
    spread = distribution(result, name)
    return finite(spread.mean if spread else _metric(result, name))


def _metric(result: RunResult, name: str) -> Any:
    return result.shown_metrics.get(name)


def finite(value: Any) -> float | None:
    """A number that can be shown; null for anything else."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number and math.isfinite(value) else None


def _count(value: float | None) -> int | None:
    return int(value) if value else None


def _n(spread: Distribution | None) -> int | None:
    return spread.n if spread else None
