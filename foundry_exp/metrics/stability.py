"""Whether a cell was steady: outliers, drift over the run, and shifts between attempts."""

from collections.abc import Sequence
from itertools import groupby
from statistics import median

from foundry_exp.metrics.rates import by_prompt
from foundry_exp.metrics.request import PER_REQUEST, Measured
from foundry_exp.metrics.stats.intervals import PERCENTILES, percentile_interval
from foundry_exp.metrics.stats.series import Drift, drift, medians_of_others, outliers
from foundry_exp.metrics.values import values

FEWEST_ROUNDS = 3
"""Rounds that give a prompt a median of its own."""
FEWEST_FOR_OUTLIERS = 4
"""Rounds that leave three others, whose median one stray value cannot move far."""


def outlying(name: str, cell: Sequence[Measured]) -> list[Measured]:
    """Requests whose metric, divided by the median of its prompt's other rounds, is an outlier in the cell.

    Prompts differ in length, so requests of different prompts are not compared as they are. Prompts with
    fewer than four values are left out. Dividing by the median of all rounds would flag 10 % of ordinary
    requests at three rounds, because a third of the ratios are then exactly 1.
    """
    repeated = [group for group in _valued(name, cell) if len(group) >= FEWEST_FOR_OUTLIERS]
    candidates = [one for group in repeated for one in group]
    ratios = [ratio for group in repeated for ratio in _to_others(values(name, group))]
    return [candidates[index] for index in outliers(ratios)]


def drift_of(name: str, cell: Sequence[Measured]) -> Drift | None:
    """The trend of a metric in the order of the starts; null for fewer than ten values.

    Each value is divided by its own prompt's median when every prompt has three values; else it is taken
    as it is, which the shuffled order of prompts makes noisy and not biased.
    """
    groups = _valued(name, cell)
    if not groups or min(len(group) for group in groups) < FEWEST_ROUNDS:
        return drift(values(name, cell))
    relative = {
        id(one.record): ratio for group in groups for one, ratio in zip(group, _relative(name, group), strict=True)
    }
    return drift([relative[id(one.record)] for one in cell if id(one.record) in relative])


def shifted_medians(name: str, cell: Sequence[Measured]) -> tuple[float, ...] | None:
    """The medians of the attempts when two of their 95 % intervals do not overlap; null otherwise."""
    attempts = [values(name, list(group)) for _, group in groupby(cell, key=lambda one: one.record.attempt)]
    candidates = (percentile_interval(attempt, PERCENTILES["p50"]) for attempt in attempts)
    intervals = [interval for interval in candidates if interval is not None]
    if not intervals or max(one.low for one in intervals) <= min(one.high for one in intervals):
        return None
    return tuple(median(attempt) for attempt in attempts if attempt)


def _valued(name: str, cell: Sequence[Measured]) -> list[list[Measured]]:
    """Requests that have a metric, prompt by prompt."""
    return list(by_prompt([one for one in cell if PER_REQUEST[name](one) is not None]).values())


def _relative(name: str, group: Sequence[Measured]) -> list[float]:
    """Values of one prompt / their median; as they are when the median is 0."""
    own = values(name, group)
    return [value / (median(own) or 1.0) for value in own]


def _to_others(own: Sequence[float]) -> list[float]:
    """Each value / the median of the others; as it is when that is 0."""
    others = medians_of_others(own)
    return [value / (other or 1.0) for value, other in zip(own, others.tolist(), strict=True)]
