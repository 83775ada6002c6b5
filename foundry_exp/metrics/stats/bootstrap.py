"""Intervals by resampling with replacement: whole clusters of values, or the items that a statistic is made from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from foundry_exp.metrics.stats.intervals import ALPHA, FloatArray
from foundry_exp.records.distribution import Interval

MINIMUM_CLUSTERS = 10


def cluster_draws(
    clusters: Sequence[Sequence[float]],
    statistics: Callable[[FloatArray], FloatArray],
    *,
    seed: int,
    resamples: int,
) -> FloatArray:
    """One row a resample: the statistics of the values of as many clusters, drawn with replacement."""
    arrays = [np.asarray(cluster, dtype=np.float64) for cluster in clusters]
    picks = np.random.default_rng(seed).integers(len(arrays), size=(resamples, len(arrays)))
    return np.array([statistics(np.concatenate([arrays[pick] for pick in row])) for row in picks])


def bootstrap_interval(draws: FloatArray) -> Interval:
    """The 2.5th and 97.5th percentile of the draws."""
    low, high = np.quantile(draws, (ALPHA / 2, 1 - ALPHA / 2))
    return Interval(low=float(low), high=float(high), method="bootstrap by cluster")


Statistic = Callable[[FloatArray], FloatArray]
"""A resample a row, saying how often each item is in it → the statistic of each; NaN where it is undefined."""

MOST_UNDEFINED = 0.05
"""Share of resamples without a value above which their percentiles would be of a chosen few."""

_MOST_COUNTS = 20_000_000  # bounds a bootstrap's memory: 160 MB
_FEWEST_RESAMPLES = 200
_MOST_RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class Estimate:
    """A statistic over items with its 95 % interval."""

    value: float | None
    interval: Interval | None
    n: int
    """Items that it is made from."""
    reason: str | None = None
    """Why the value, or only its interval, is null."""


def estimate(statistic: Statistic, items: int, undefined: str, *, seed: int = 0) -> Estimate:
    """The statistic of all items and its percentile-bootstrap interval over them; `undefined` says why it has none."""
    if not items:
        return Estimate(None, None, 0, "nothing to compare")
    value = float(statistic(np.ones((1, items)))[0])
    if not np.isfinite(value):
        return Estimate(None, None, items, undefined)
    if items < MINIMUM_CLUSTERS:
        why = f"{items} items are too few for an interval (needs {MINIMUM_CLUSTERS})"
        return Estimate(value, None, items, why)
    draws = statistic(_resamples(items, seed))
    defined = draws[np.isfinite(draws)]
    if len(defined) < (1 - MOST_UNDEFINED) * len(draws):
        return Estimate(value, None, items, "too little variation for an interval: many resamples have none at all")
    if np.ptp(defined) == 0:
        return Estimate(value, None, items, "every resample gives the same value, so it has no spread to show")
    low, high = np.quantile(defined, (ALPHA / 2, 1 - ALPHA / 2))
    return Estimate(value, Interval(float(low), float(high), "bootstrap by item"), items)


def _resamples(items: int, seed: int) -> FloatArray:
    """How often each item is drawn, of as many as there are, with replacement; a resample a row."""
    resamples = min(_MOST_RESAMPLES, max(_FEWEST_RESAMPLES, _MOST_COUNTS // items))
    counts = np.random.default_rng(seed).multinomial(items, np.full(items, 1 / items), size=resamples)
    return counts.astype(np.float64)
