"""What scorers said of each answer: its quality, the points by criterion, and why."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from foundry_exp.files.escape import one_line
from foundry_exp.metrics.formats import number
from foundry_exp.metrics.quality import AnswerKey, answer_quality, ranked
from foundry_exp.records.score import Score
from foundry_exp.results.cell import FinishedCell
from foundry_exp.results.requests import Request

UNCALIBRATED = "uncalibrated"


@dataclass(frozen=True, slots=True)
class Point:
    """One score as it is shown."""

    criterion: str
    value: str
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class Grade:
    """One answer's scores."""

    quality: float | None
    """By the scorer that stands for the cell; null when it did not score by every criterion."""
    points: tuple[Point, ...]
    doubt: str = ""
    """`uncalibrated` where that scorer is not believed."""

    @property
    def shown(self) -> str:
        """The quality as text."""
        return number(self.quality)


@dataclass(frozen=True, slots=True)
class Ranked:
    """An answer and its place among those of its cell."""

    place: str
    request: Request
    grade: Grade


def grades(cell: FinishedCell) -> dict[AnswerKey, Grade]:
    """The scores of each scored answer."""
    source = _source(cell)
    whole = answer_quality(score for score in cell.scores if score.scorer == source)
    doubted = _doubted(cell)
    doubt = UNCALIBRATED if source in doubted else ""
    grouped: dict[AnswerKey, list[Score]] = {}
    for score in cell.scores:
        grouped.setdefault((score.sample_id, score.output_hash), []).append(score)
    return {key: Grade(whole.get(key), _points(group, doubted), doubt) for key, group in grouped.items()}


def _source(cell: FinishedCell) -> str | None:
    """The scorer of the cell's quality; where there is none, the one that comes first of those that scored."""
    return cell.result.quality_source or next(iter(ranked({score.scorer for score in cell.scores})), None)


def _doubted(cell: FinishedCell) -> set[str]:
    """Scorers that are not believed."""
    scores = cell.result.scores.items()
    return {name for name, scored in scores if scored.standing and not scored.standing.trusted}


def _points(scores: Iterable[Score], doubted: Collection[str]) -> tuple[Point, ...]:
    return tuple(
        Point(
            one_line(score.criterion),
            "unscored" if score.value is None else number(score.value),
            one_line(score.reason or ""),
            one_line(f"{score.scorer}{f' ({UNCALIBRATED})' if score.scorer in doubted else ''}, {score.scored_by}"),
        )
        for score in scores
    )


def best_median_worst(cell: FinishedCell) -> list[Ranked]:
    """The best, the middle and the worst of a cell's different answers; fewer when it has fewer."""
    by_answer = grades(cell)
    different: dict[AnswerKey, Request] = {}
    for request in cell.answers:
        different.setdefault((request.sample_id, request.output_hash), request)
    scored = [(request, grade) for key, request in different.items() if (grade := by_answer.get(key))]
    ordered = sorted(
        (pair for pair in scored if pair[1].quality is not None), key=lambda pair: pair[1].quality or 0.0, reverse=True
    )
    return [Ranked(place, *ordered[index]) for place, index in _places(ordered)]


def _places(ordered: Sequence[object]) -> list[tuple[str, int]]:
    last = len(ordered) - 1
    if last < 0:
        return []
    if last == 0:
        return [("only scored", 0)]
    return [("best", 0), *([("median", last // 2)] if last > 1 else []), ("worst", last)]
