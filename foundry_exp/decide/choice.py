"""A candidate as an option to choose: its figures, each a number or missing with a reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median

import numpy as np

from foundry_exp.results.candidates import Candidate
from foundry_exp.results.figures import ENERGY, QUALITY
from foundry_exp.results.typical import TYPICAL

ONCE = ("rss_peak_mb", "vram_peak_mb", "disk_mb", "load_s", ENERGY, "error_rate", "determinism_rate")
_LARGEST = ("rss_peak_mb", "vram_peak_mb", "error_rate")
"""Of repeated runs the worst counts; of the rest the median."""

UNITS = {
    "quality": "of 5", "decode_tok_per_s": "tok/s", "load_s": "s", ENERGY: "J/token",
    "error_rate": "", "flagged_rate": "", "determinism_rate": "",
}  # fmt: skip
NAMES = {
    "e2e_p50_ms": "median answer", "e2e_p95_ms": "p95 answer", TYPICAL: "typical answer",
    "ttft_p50_ms": "median first token", "rss_peak_mb": "peak memory", "vram_peak_mb": "peak VRAM", "disk_mb": "disk",
    "load_s": "load time", ENERGY: "energy", "error_rate": "failed requests",
    "flagged_rate": "flagged answers", "quality": "quality", "decode_tok_per_s": "decode rate",
    "determinism_rate": "answers that repeat exactly",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Option:
    """One candidate with figures."""

    candidate: Candidate
    figures: dict[str, float | None]
    answers: int
    """Whole answers that its times are of."""

    @property
    def label(self) -> str:
        """Its name in sentences."""
        return self.candidate.label


def option(candidate: Candidate, expected_tokens: float | None) -> Option:
    """What a decision weighs of a candidate; answers that do not count are left out already."""
    whole = _pooled(candidate, "e2e_ms")
    figures: dict[str, float | None] = {
        "e2e_p50_ms": _percentile(whole, 0.5),
        "e2e_p95_ms": _percentile(whole, 0.95),
        "ttft_p50_ms": _percentile(_pooled(candidate, "ttft_ms"), 0.5),
        "decode_tok_per_s": _percentile(_pooled(candidate, "decode_tok_per_s"), 0.5),
        TYPICAL: candidate.typical_answer_ms(expected_tokens),
        QUALITY: _quality(candidate),
        "flagged_rate": sum(cell.flagged for cell in candidate.cells) / candidate.requests
        if candidate.requests
        else None,
    }
    return Option(candidate, figures | {name: _once(candidate, name) for name in ONCE}, len(whole))


def why_unknown(chosen: Option, figure: str) -> str:
    """Why an option lacks a figure."""
    result = chosen.candidate.result
    if figure in result.missing:
        return result.missing[figure]
    if figure.startswith("e2e_") and not chosen.answers:
        return "no answer is whole"
    return "not measured (rates and first tokens need streaming and the runtime's own token counts)"


def _pooled(candidate: Candidate, metric: str) -> list[float]:
    return [value for cell in candidate.cells for value in cell.pooled(metric)]


def _percentile(values: Sequence[float], share: float) -> float | None:
    return float(np.quantile(values, share)) if values else None


def _quality(candidate: Candidate) -> float | None:
    means = [fmean(points.values()) for cell in candidate.cells if (points := cell.by_prompt(QUALITY))]
    return fmean(means) if means else None


def _once(candidate: Candidate, name: str) -> float | None:
    values = [value for cell in candidate.cells if (value := cell.of_run(name)) is not None]
    if name == "disk_mb" and not values and candidate.result.model.disk_mb is not None:
        values = [candidate.result.model.disk_mb]
    if not values:
        return None
    return max(values) if name in _LARGEST else median(values)
