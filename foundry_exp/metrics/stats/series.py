"""What a series shows by itself: whether it grows or shrinks with its order, and which of its values stand out."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from foundry_exp.metrics.stats.intervals import FloatArray
from foundry_exp.metrics.stats.student import two_sided_p

FEWEST_FOR_DRIFT = 10
"""The t approximation of Spearman's p-value is poor below this n."""
P_THRESHOLD = 0.01
CHANGE_THRESHOLD = 0.05

_MOST_FOR_SLOPE = 1000  # all pairs of more values would not fit in memory


@dataclass(frozen=True, slots=True)
class Drift:
    """How values changed with their order."""

    n: int
    slope: float
    """Theil-Sen: the median slope of all pairs, per place in the order."""
    change: float | None
    """slope · (n - 1) / median: the relative change from first to last; null for a median of 0."""
    rho: float | None
    """Spearman's rank correlation with the order; null when all values are equal."""
    p_value: float | None
    """Two-sided, from t = rho · √((n - 2) / (1 - rho²)) with n - 2 degrees of freedom."""

    @property
    def significant(self) -> bool:
        """Whether p < 0.01 with a change of at least 5 % over the run."""
        if self.p_value is None or self.change is None:
            return False
        return self.p_value < P_THRESHOLD and abs(self.change) >= CHANGE_THRESHOLD


def drift(values: Sequence[float]) -> Drift | None:
    """The trend of values in the order given; null for fewer than ten."""
    n = len(values)
    if n < FEWEST_FOR_DRIFT:
        return None
    array = np.asarray(values, dtype=np.float64)
    slope = _theil_sen(array)
    median = float(np.median(array))
    rho = spearman(np.arange(n, dtype=np.float64), array)
    return Drift(
        n=n,
        slope=slope,
        change=slope * (n - 1) / median if median else None,
        rho=rho,
        p_value=None if rho is None else _p_value(rho, n),
    )


def _theil_sen(values: FloatArray) -> float:
    """The median of the slopes of all pairs; over 1000 values, of 1000 evenly spaced ones."""
    places = np.unique(np.linspace(0, len(values) - 1, min(len(values), _MOST_FOR_SLOPE)).round().astype(int))
    first, second = np.triu_indices(len(places), k=1)
    rises = values[places[second]] - values[places[first]]
    return float(np.median(rises / (places[second] - places[first])))


def _p_value(rho: float, n: int) -> float:
    if abs(rho) >= 1:
        return 0.0
    return two_sided_p(rho * math.sqrt((n - 2) / ((1 - rho) * (1 + rho))), n - 2)


Z_THRESHOLD = 3.5
FEWEST_FOR_OUTLIERS = 6
"""Of normally distributed values the rule flags 1.5 % when there are six, and 4.5 % of five (simulated)."""

_MAD_TO_SD = 0.6745
_MEAN_DEVIATION_TO_SD = 1.253314  # sqrt(pi / 2)


def outliers(values: Sequence[float]) -> tuple[int, ...]:
    """Indices whose modified z-score 0.6745 · (x - median) / MAD exceeds 3.5 either way.

    Iglewicz and Hoaglin, How to Detect and Handle Outliers (1993). MAD is the median absolute deviation
    from the median; where it is 0 because more than half of the values are equal, the score is
    (x - median) / (1.253314 · mean absolute deviation), as in IBM SPSS. Fewer than six values: none.
    """
    if len(values) < FEWEST_FOR_OUTLIERS:
        return ()
    deviation = np.asarray(values, dtype=np.float64) - np.median(values)
    mad = float(np.median(np.abs(deviation)))
    scale = mad / _MAD_TO_SD or _MEAN_DEVIATION_TO_SD * float(np.mean(np.abs(deviation)))
    if not scale:
        return ()
    return tuple(int(index) for index in np.flatnonzero(np.abs(deviation) / scale > Z_THRESHOLD))


def medians_of_others(values: Sequence[float]) -> FloatArray:
    """For each of at least two values the median of all others."""
    array = np.asarray(values, dtype=np.float64)
    order = np.argsort(array, kind="stable")
    ranked, places = array[order], np.arange(len(array))
    below, above = (len(array) - 2) // 2, (len(array) - 1) // 2  # the middle of what is left
    middles = (ranked[below + (places <= below)] + ranked[above + (places <= above)]) / 2
    result = np.empty_like(array)
    result[order] = middles
    return result


def spearman(first: FloatArray, second: FloatArray) -> float | None:
    """Spearman's rank correlation, ties sharing a rank; null when one side never varies."""
    one, other = (ranks - ranks.mean() for ranks in (_ranks(first), _ranks(second)))
    both = float(np.sqrt((one @ one) * (other @ other)))
    if both < 0.2:  # noqa: PLR2004 -- ranks that vary have a sum of squares of at least a half
        return None
    return float(np.clip(one @ other / both, -1, 1))


def _ranks(values: FloatArray) -> FloatArray:
    """Ranks from 1; equal values get the mean of theirs."""
    _, group, sizes = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(sizes) - (sizes - 1) / 2)[group])
