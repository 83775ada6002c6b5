"""A judge of pairs on trial: pairs of calibration answers of which it is known which one is better."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

from foundry_exp.metrics.stats.intervals import wilson_interval
from foundry_exp.prompts.rubric import Rubric
from foundry_exp.records.score import Standing
from foundry_exp.scores.judge import calibration, trial
from foundry_exp.scores.judge.calibration_set import CalibrationSet, Item
from foundry_exp.scores.judge.pairwise.match import Contender, Match, Outcome
from foundry_exp.scores.judge.pairwise.verdicts import Verdicts
from foundry_exp.scores.judge.progress import Shown

CLEAR_POINTS = 1.0
"""Agreed quality that two answers must be apart, or people might disagree which is better: 30 of the shipped 40 are."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a judge of pairs must reach."""

    agreement: float
    """At least: share of pairs of which it names the better answer in both orders."""
    flips: float
    """At most: share of pairs where it prefers one place, whichever answer stands there."""
    unparseable: float
    """At most: share of pairs of which a reply is no verdict, even after a repair."""


def standing(
    verdicts: Verdicts, known: CalibrationSet | None, limits: Limits, rubrics: Sequence[Rubric], shown: Shown
) -> Standing:
    """Trusted when it is so by each of the rubrics that it is to judge by."""
    found = {rubric.name: _by(verdicts, known, limits, rubric, shown) for rubric in rubrics}
    return trial.together(verdicts.judge, found)


def _by(verdicts: Verdicts, known: CalibrationSet | None, limits: Limits, rubric: Rubric, shown: Shown) -> Standing:
    unfit = "no calibration set is named" if known is None else known.unfit(rubric)
    if known is None or unfit is not None:
        return calibration.untried(unfit or "")
    pairs = list(matches(known.items, rubric))
    if not pairs:
        why = f"no two answers of the calibration set {known.name} are {CLEAR_POINTS:g} point apart"
        return calibration.untried(why)
    outcomes = [verdicts.of(one) for one in shown.each(pairs, "calibrating the judge")]
    found = {**figures(outcomes), "calibration": f"{known.name}:{known.digest}"}
    return judged(found, limits)


def matches(items: Sequence[Item], rubric: Rubric) -> Iterator[Match]:
    """Every two answers to one prompt that are clearly apart, the better one first."""
    for pair in combinations(items, 2):
        worse, better = sorted(pair, key=lambda item: calibration.quality(rubric, item.agreed))
        apart = calibration.quality(rubric, better.agreed) - calibration.quality(rubric, worse.agreed)
        if better.sample.digest == worse.sample.digest and apart >= CLEAR_POINTS:
            yield Match(better.sample, rubric, _contender(better), _contender(worse))


def _contender(item: Item) -> Contender:
    return Contender(item.sample.sample_id, item.answer)


def figures(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """How it did where the first answer is the better one; who tosses a coin each time agrees with a quarter."""
    agreed = sum(one.result == "first" for one in outcomes)
    interval = wilson_interval(agreed, len(outcomes))
    return {
        "pairs": len(outcomes),
        "agreement": agreed / len(outcomes),
        "agreement_interval": asdict(interval) if interval else None,
        "flips": sum(one.place is not None for one in outcomes) / len(outcomes),
        "unparseable": sum(one.result == "unjudged" for one in outcomes) / len(outcomes),
    }


def judged(found: dict[str, Any], limits: Limits) -> Standing:
    """Trusted when every limit is kept to; otherwise the reason, with each figure that is not."""
    return calibration.tried(found, list(_short(found, limits)))


def _short(found: dict[str, Any], limits: Limits) -> Iterator[str]:
    if found["agreement"] < limits.agreement:
        around = found["agreement_interval"]
        yield (
            f"it names the better answer in {found['agreement']:.0%} of {found['pairs']} known pairs "
            f"(95 % {around['low']:.0%} to {around['high']:.0%}), which is below {limits.agreement:.0%}"
        )
    if found["flips"] > limits.flips:
        yield f"it prefers one place in {found['flips']:.0%} of the known pairs, which is above {limits.flips:.0%}"
    if found["unparseable"] > limits.unparseable:
        yield f"{found['unparseable']:.0%} of the known pairs have no verdict, which is above {limits.unparseable:.0%}"
