"""How far people agree with each other, and a judge with people, criterion by criterion."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean

from foundry_exp.metrics.quality import AnswerKey, answer_quality
from foundry_exp.metrics.stats.agreement import (
    Closeness,
    ConstantGuess,
    closeness,
    constant_guess,
    ordinal_alpha,
    weighted_kappa,
)
from foundry_exp.metrics.stats.bootstrap import Estimate
from foundry_exp.records.score import ANNOTATION, Score

OVERALL = "overall"
"""The weighted mean of all criteria, of the answers that have all of them."""

RaterScores = Mapping[AnswerKey, float]
"""What one rater gave to which answer, or the mean of several."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two raters or more over the answers that they have in common."""

    criterion: str
    between: tuple[str, ...]
    kappa: Estimate | None
    """Quadratic weighted kappa; null for more than two raters, which alpha is for."""
    alpha: Estimate
    """Krippendorff's ordinal alpha."""
    closeness: Closeness
    """Over the pairs of single scores."""
    constant_guess: ConstantGuess | None
    """What always the same score would reach; a constant guess has a kappa of 0."""


def compare(scores: Sequence[Score]) -> list[Comparison]:
    """People among themselves, pair by pair and together, and every other scorer with people; by each criterion."""
    people = [score for score in scores if score.scorer == ANNOTATION]
    others = sorted({score.scorer for score in scores} - {ANNOTATION})
    comparisons = []
    for criterion in [*dict.fromkeys(score.criterion for score in people), OVERALL]:
        given = {name: _given(people, criterion, name) for name in sorted({score.scored_by for score in people})}
        given = {name: values for name, values in given.items() if values}
        if len(given) > 1:
            comparisons += [_of_people(criterion, pair, given) for pair in combinations(given, 2)]
        if len(given) > 2:  # noqa: PLR2004 -- of two, the pair is all
            comparisons.append(_of_people(criterion, tuple(given), given))
        for other in others:
            theirs = _given([score for score in scores if score.scorer == other], criterion)
            if theirs and given:
                comparisons.append(_with_people(criterion, other, theirs, given))
    return comparisons


def _given(scores: Iterable[Score], criterion: str, scored_by: str | None = None) -> dict[AnswerKey, float]:
    """One rater's scores by a criterion, or overall; the mean where there are repeats."""
    mine = [score for score in scores if scored_by in (None, score.scored_by)]
    return answer_quality(mine if criterion == OVERALL else [score for score in mine if score.criterion == criterion])


def _of_people(criterion: str, names: tuple[str, ...], given: Mapping[str, RaterScores]) -> Comparison:
    answers = sorted({key for name in names for key in given[name]})
    table = [[given[name].get(key) for name in names] for key in answers]
    shared = [[value for value in row if value is not None] for row in table]
    shared = [row for row in shared if len(row) > 1]
    return Comparison(
        criterion=criterion,
        between=names,
        kappa=weighted_kappa(*_columns(shared)) if len(names) == 2 else None,  # noqa: PLR2004 -- kappa is of two
        alpha=ordinal_alpha(table),
        closeness=closeness(table),
        constant_guess=constant_guess(value for row in shared for value in row),
    )


def _with_people(criterion: str, other: str, theirs: RaterScores, given: Mapping[str, RaterScores]) -> Comparison:
    """Of each answer, what the other scorer gave and the mean of what people gave."""
    by_answer: dict[AnswerKey, list[float]] = defaultdict(list)
    for values in given.values():
        for key, value in values.items():
            by_answer[key].append(value)
    answers = sorted(theirs.keys() & by_answer.keys())
    pairs = [[theirs[key], fmean(by_answer[key])] for key in answers]
    single = [[theirs[key], value] for key in answers for value in by_answer[key]]
    return Comparison(
        criterion=criterion,
        between=(other, "people"),
        kappa=weighted_kappa(*_columns(pairs)),
        alpha=ordinal_alpha(pairs),
        closeness=closeness(single),
        constant_guess=constant_guess(value for _, value in single),
    )


def _columns(rows: Sequence[Sequence[float]]) -> tuple[list[float], list[float]]:
    return [row[0] for row in rows], [row[1] for row in rows]
