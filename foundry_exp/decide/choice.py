"""A candidate as an option to choose: its figures, each a number or missing with a reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from foundry_exp.metrics import catalogue
from foundry_exp.metrics.figure import Figure, Statistic
from foundry_exp.metrics.stats.intervals import PERCENTILES
from foundry_exp.results.candidates import Candidate
from foundry_exp.results.figures import QUALITY
from foundry_exp.results.typical import TYPICAL


@dataclass(frozen=True, slots=True)
class Choice:
    """One candidate with figures."""

    candidate: Candidate
    figures: dict[str, float | None]
    answers: int
    """Whole answers that its times are of."""

    @property
    def label(self) -> str:
        """Its name in sentences."""
        return self.candidate.label


def choice(candidate: Candidate, expected_tokens: float | None) -> Choice:
    """What a decision weighs of a candidate; answers that do not count are left out already."""
    made: dict[str, float | None] = {
        TYPICAL: candidate.typical_answer_ms(expected_tokens),
        QUALITY: candidate.quality,
        "flagged_rate": sum(cell.flagged for cell in candidate.cells) / candidate.requests
        if candidate.requests
        else None,
    }
    figures = {
        key: made[key] if key in made else _figure(candidate, figure, number)
        for key, (figure, number) in catalogue.limits().items()
    }
    return Choice(candidate, figures, len(_pooled(candidate, "e2e_ms")))


def _figure(candidate: Candidate, figure: Figure, number: Statistic) -> float | None:
    """A percentile over the requests of all runs, or what each run has one of."""
    if figure.is_distribution:
        return _percentile(_pooled(candidate, figure.name), PERCENTILES[number.of])
    return _once(candidate, figure)


def why_unknown(chosen: Choice, figure: str) -> str:
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


def _once(candidate: Candidate, figure: Figure) -> float | None:
    values = [value for cell in candidate.cells if (value := cell.of_run(figure.name)) is not None]
    if figure.name == "disk_mb" and not values and candidate.result.model.disk_mb is not None:
        values = [candidate.result.model.disk_mb]
    if not values:
        return None
    return max(values) if figure.worst_counts else median(values)
