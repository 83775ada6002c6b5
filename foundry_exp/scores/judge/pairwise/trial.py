"""A judge of pairs on trial: pairs of calibration answers of which it is known which one is better."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import combinations
from typing import Any

from foundry_exp.metrics.stats.intervals import wilson_interval
from foundry_exp.prompts.rubric import Rubric
from foundry_exp.records.config import Thresholds
from foundry_exp.records.score import Standing
from foundry_exp.scores.judge import calibration
from foundry_exp.scores.judge.calibration_set import CalibrationAnswer, CalibrationSet
from foundry_exp.scores.judge.pairwise.match import Contender, Match, MatchResult, PairVerdicts
from foundry_exp.scores.judge.progress import ProgressLine
from foundry_exp.scores.judge.trial import by_each_rubric

CLEAR_POINTS = 1.0
"""Agreed quality that two answers must be apart, or people might disagree which is better: 30 of the shipped 40 are."""


def standing(
    verdicts: PairVerdicts,
    calibration_set: CalibrationSet | None,
    limits: Thresholds,
    rubrics: Sequence[Rubric],
    line: ProgressLine,
) -> Standing:
    """Trusted when it is so by each of the rubrics that it is to judge by."""

    def standing_by(rubric: Rubric, agreed: CalibrationSet) -> Standing:
        pairs = list(matches(agreed.answers, rubric))
        if not pairs:
            why = f"no two answers of the calibration set {agreed.name} are {CLEAR_POINTS:g} point apart"
            return calibration.untried(why)
        results = [verdicts.result(match) for match in line.each(pairs, "calibrating the judge")]
        pair_figures = {**figures(results), "calibration": agreed.identity}
        return calibration.tried(pair_figures, list(_shortfalls(pair_figures, limits)))

    return by_each_rubric(verdicts.identity, rubrics, calibration_set, standing_by)


def matches(answers: Sequence[CalibrationAnswer], rubric: Rubric) -> Iterator[Match]:
    """Every two answers to one prompt that are clearly apart, the better one first."""
    for pair in combinations(answers, 2):
        worse, better = sorted(pair, key=lambda answer: calibration.quality(rubric, answer.agreed))
        apart = calibration.quality(rubric, better.agreed) - calibration.quality(rubric, worse.agreed)
        if better.sample.digest == worse.sample.digest and apart >= CLEAR_POINTS:
            yield Match(better.sample, rubric, _contender(better), _contender(worse))


def _contender(answer: CalibrationAnswer) -> Contender:
    return Contender(answer.sample.sample_id, answer.text)


def figures(results: Sequence[MatchResult]) -> dict[str, Any]:
    """How it did where the first answer is the better one; who tosses a coin each time agrees with a quarter."""
    agreed = sum(one.result == "first" for one in results)
    interval = wilson_interval(agreed, len(results))
    return {
        "pairs": len(results),
        "agreement": agreed / len(results),
        "agreement_interval": asdict(interval) if interval else None,
        "flips": sum(one.place is not None for one in results) / len(results),
        "unparseable": sum(one.result == "unjudged" for one in results) / len(results),
    }


def _shortfalls(figures: dict[str, Any], limits: Thresholds) -> Iterator[str]:
    if figures["agreement"] < limits.pairs.agreement:
        around = figures["agreement_interval"]
        yield (
            f"it names the better answer in {figures['agreement']:.0%} of {figures['pairs']} known pairs "
            f"(95 % {around['low']:.0%} to {around['high']:.0%}), which is below {limits.pairs.agreement:.0%}"
        )
    if figures["flips"] > limits.pairs.flips:
        share, most = figures["flips"], limits.pairs.flips
        yield f"it prefers one place in {share:.0%} of the known pairs, which is above {most:.0%}"
    if figures["unparseable"] > limits.unparseable:
        share, most = figures["unparseable"], limits.unparseable
        yield f"{share:.0%} of the known pairs have no verdict, which is above {most:.0%}"
