"""Whether values grow or shrink over a run."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from foundry_exp.metrics.stats.rank import spearman
from foundry_exp.metrics.stats.student import two_sided_p

FEWEST = 10
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
    if n < FEWEST:
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


def _theil_sen(values: npt.NDArray[np.float64]) -> float:
    """The median of the slopes of all pairs; over 1000 values, of 1000 evenly spaced ones."""
    places = np.unique(np.linspace(0, len(values) - 1, min(len(values), _MOST_FOR_SLOPE)).round().astype(int))
    first, second = np.triu_indices(len(places), k=1)
    rises = values[places[second]] - values[places[first]]
    return float(np.median(rises / (places[second] - places[first])))


def _p_value(rho: float, n: int) -> float:
    if abs(rho) >= 1:
        return 0.0
    return two_sided_p(rho * math.sqrt((n - 2) / ((1 - rho) * (1 + rho))), n - 2)
