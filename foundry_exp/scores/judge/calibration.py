"""How a judge did on answers with agreed scores, and whether its own can be believed for it."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from foundry_exp.prompts.rubric import Criterion, Rubric
from foundry_exp.records.config import Thresholds
from foundry_exp.records.score import Standing
from foundry_exp.scores.judge.calibration_set import CalibrationAnswer, CalibrationSet

AGAIN_EVERY = 4
"""Of the calibration answers, which are judged a second time, for the judge's self-consistency.

A set that lists three answers a prompt, good to bad, so has some of each judged again.
"""

_LARGER = "take a larger judge, as in model@scorer.judge.model=phi-4-mini"


@dataclass(frozen=True, slots=True)
class TrialScore:
    """One score that the judge was asked for."""

    answer: CalibrationAnswer
    criterion: Criterion
    repeat: int
    value: int | None


def trial_requests(
    answers: Sequence[CalibrationAnswer], rubric: Rubric
) -> Iterator[tuple[CalibrationAnswer, Criterion, int]]:
    """Every score to ask for: all answers once, and each fourth one again."""
    for number, answer in enumerate(answers):
        for criterion in rubric.criteria:
            for repeat in range(1 if number % AGAIN_EVERY else 2):
                yield answer, criterion, repeat


def figures(scores: Sequence[TrialScore], rubric: Rubric, calibration_set: CalibrationSet) -> dict[str, Any]:
    """What came of it, as plain numbers; null is undefined."""
    from foundry_exp.metrics.stats.agreement import constant_guess, identical_share, weighted_kappa

    answers = calibration_set.answers
    first = {(one.answer.sample.sample_id, one.criterion.name): one.value for one in scores if one.repeat == 0}
    whole = [(answer, points) for answer in answers if (points := _own(first, answer, rubric)) is not None]
    own = [quality(rubric, points) for _, points in whole]
    agreed = [quality(rubric, answer.agreed) for answer, _ in whole]
    kappa = weighted_kappa(own, agreed)
    guess = constant_guess(float(points) for answer in answers for points in answer.agreed.values())
    return {
        "answers": len(answers),
        "scores_asked": len(scores),
        "kappa": _rounded(kappa.value),
        "kappa_interval": asdict(kappa.interval) if kappa.interval else None,
        "kappa_reason": kappa.reason,
        "kappa_by_criterion": {criterion.name: _kappa_of(scores, criterion) for criterion in rubric.criteria},
        "exact": _exact(scores),
        "constant_guess": None if guess is None else {"score": guess.score, "exact": guess.closeness.exact, "kappa": 0},
        "self_consistency": identical_share(_repeats(scores)),
        "unparseable": _share([one.value is None for one in scores]),
        "length_correlation": _length_correlation([len(answer.text) for answer, _ in whole], own, agreed),
        "calibration": calibration_set.identity,
    }


def standing(figures: dict[str, Any], limits: Thresholds) -> Standing:
    """Trusted when every threshold is kept to; otherwise the reason, with each figure that is not."""
    return tried(figures, [*_too_low(figures, limits), *_too_high(figures, limits)])


def tried(figures: dict[str, Any], shortfalls: Sequence[str]) -> Standing:
    """Trusted unless a figure fell short."""
    reason = f"uncalibrated: {', '.join(shortfalls)}; {_LARGER}." if shortfalls else None
    return Standing(trusted=not shortfalls, reason=reason, figures=figures)


def untried(why: str) -> Standing:
    """Of a judge that was not tried."""
    way_out = "give a set of your own with scorer.judge.calibration=PATH"
    return Standing(trusted=False, reason=f"uncalibrated: {why}; {way_out}.")


def _too_low(figures: dict[str, Any], limits: Thresholds) -> Iterator[str]:
    for name in ("kappa", "self_consistency"):
        value, least = figures[name], getattr(limits, name)
        title = name.replace("_", "-")
        if value is None:
            yield f"{title} is undefined ({figures.get(f'{name}_reason') or 'too few scores'})"
        elif value < least:
            interval = figures.get(f"{name}_interval")
            around = f" (95 % {interval['low']:.2f} to {interval['high']:.2f})" if interval else ""
            yield f"{title} {value:.2f}{around} is below {least:g}"


def _too_high(figures: dict[str, Any], limits: Thresholds) -> Iterator[str]:
    if figures["unparseable"] > limits.unparseable:
        yield f"{figures['unparseable']:.0%} of its replies are no score, which is above {limits.unparseable:.0%}"
    beyond = figures["length_correlation"]
    if beyond is not None and abs(beyond) > limits.length_correlation:
        liked = "longer" if beyond > 0 else "shorter"
        yield f"it favours {liked} answers (correlation {beyond:+.2f}, at most {limits.length_correlation:g})"


def _own(first: dict[tuple[str, str], int | None], answer: CalibrationAnswer, rubric: Rubric) -> dict[str, int] | None:
    """Its points by criterion; null when one is missing."""
    points = {criterion.name: first[answer.sample.sample_id, criterion.name] for criterion in rubric.criteria}
    given = {name: value for name, value in points.items() if value is not None}
    return given if len(given) == len(points) else None


def quality(rubric: Rubric, points: dict[str, int]) -> float:
    """The weighted mean of the criteria, as answers get it."""
    total = sum(criterion.weight for criterion in rubric.criteria)
    return sum(criterion.weight * points[criterion.name] for criterion in rubric.criteria) / total


def _exact(scores: Sequence[TrialScore]) -> float | None:
    """Share of first scores that are the agreed ones."""
    first = [one for one in scores if one.repeat == 0 and one.value is not None]
    return _share([one.value == one.answer.agreed[one.criterion.name] for one in first])


def _kappa_of(scores: Sequence[TrialScore], criterion: Criterion) -> float | None:
    from foundry_exp.metrics.stats.agreement import weighted_kappa

    of_it = [one for one in scores if one.criterion == criterion and one.repeat == 0 and one.value is not None]
    agreed = [one.answer.agreed[criterion.name] for one in of_it]
    return _rounded(weighted_kappa([one.value or 0 for one in of_it], agreed).value)


def _rounded(kappa: float | None) -> float | None:
    """Without the last digits, in which a constant guess would be below 0."""
    return None if kappa is None else round(kappa, 9) + 0.0


def _repeats(scores: Sequence[TrialScore]) -> list[list[float | None]]:
    rows: dict[tuple[str, str], list[float | None]] = {}
    for one in scores:
        rows.setdefault((one.answer.sample.sample_id, one.criterion.name), []).append(one.value)
    return list(rows.values())


def _length_correlation(lengths: list[int], own: list[float], agreed: list[float]) -> float | None:
    """Spearman's of its quality and the length, less that of the agreed quality."""
    import numpy as np

    from foundry_exp.metrics.stats.series import spearman

    if not lengths:
        return None
    of_length = np.asarray(lengths, dtype=np.float64)
    its, fair = (spearman(np.asarray(values), of_length) for values in (own, agreed))
    return None if its is None or fair is None else its - fair


def _share(of: Sequence[bool]) -> float | None:
    return sum(of) / len(of) if of else None
