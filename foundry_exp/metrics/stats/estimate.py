"""A statistic of items with its interval, or why there is none."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from foundry_exp.metrics.stats.bootstrap import MINIMUM_CLUSTERS
from foundry_exp.metrics.stats.percentile import ALPHA
from foundry_exp.records.distribution import Interval

FloatArray = npt.NDArray[np.float64]
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
    known = draws[np.isfinite(draws)]
    if len(known) < (1 - MOST_UNDEFINED) * len(draws):
        return Estimate(value, None, items, "too little variation for an interval: many resamples have none at all")
    if np.ptp(known) == 0:
        return Estimate(value, None, items, "every resample gives the same value, so it has no spread to show")
    low, high = np.quantile(known, (ALPHA / 2, 1 - ALPHA / 2))
    return Estimate(value, Interval(float(low), float(high), "bootstrap by item"), items)


def _resamples(items: int, seed: int) -> FloatArray:
    """How often each item is drawn, of as many as there are, with replacement; a resample a row."""
    resamples = min(_MOST_RESAMPLES, max(_FEWEST_RESAMPLES, _MOST_COUNTS // items))
    counts = np.random.default_rng(seed).multinomial(items, np.full(items, 1 / items), size=resamples)
    return counts.astype(np.float64)
