"""Intervals of one figure, two-sided 95 %: of a mean, a percentile, a share; and how many values one needs."""

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from statistics import NormalDist, fmean
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from foundry_exp.metrics.stats.student import t_quantile
from foundry_exp.records.distribution import Interval

FloatArray = npt.NDArray[np.float64]

PERCENTILES: dict[str, float] = {"p50": 0.50, "p90": 0.90, "p95": 0.95, "p99": 0.99}
ALPHA = 0.05
"""Every interval of the package is a two-sided 95 % one."""


def column_means(values: FloatArray) -> FloatArray:
    """Over rows, a figure a column."""
    means: FloatArray = values.mean(axis=0)
    return means


def percentile(values: Sequence[float], share: float) -> float | None:
    """The linear percentile (Hyndman and Fan's type 7, numpy's default); null of nothing."""
    return float(np.quantile(np.asarray(values, dtype=np.float64), share)) if len(values) else None


def percentile_interval(values: Sequence[float], share: float) -> Interval | None:
    """The order statistics that enclose a percentile in 95 % of samples, whatever the distribution."""
    ranks = order_ranks(len(values), share)
    if ranks is None:
        return None
    ordered = sorted(values)
    return Interval(low=ordered[ranks.low - 1], high=ordered[ranks.high - 1], method="order statistics")


class Ranks(NamedTuple):
    """Places of two values among all, sorted, the smallest being 1."""

    low: int
    high: int


@lru_cache(maxsize=4096)
def order_ranks(n: int, share: float) -> Ranks | None:
    """The closest two order statistics with at most 2.5 % on either side; null when n has none.

    The number B of values below the percentile is binomial(n, share), so the percentile lies under
    the l-th value with P(B <= l - 1), and over the u-th with P(B >= u) (David and Nagaraja, Order
    Statistics, 3rd ed., 7.1). Pooled values of several prompts keep it on the safe side when the same
    prompts would be run again: B then varies less than a binomial (Hoeffding 1956).
    """
    mass = _binomial(n, share)
    low = int(np.count_nonzero(np.cumsum(mass) <= ALPHA / 2))
    high = n + 1 - int(np.count_nonzero(np.cumsum(mass[::-1]) <= ALPHA / 2))
    return Ranks(low, high) if low >= 1 and high <= n else None


def minimum_n(share: float) -> int:
    """The fewest values with an interval: neither all below nor all above is likelier than 2.5 %."""
    return math.ceil(math.log(ALPHA / 2) / math.log(max(share, 1 - share)))


MINIMUM_N: dict[str, int] = {"mean": 2, **{name: minimum_n(share) for name, share in PERCENTILES.items()}}
"""Values needed for an interval: mean 2, p50 6, p90 36, p95 72, p99 368."""


def _binomial(n: int, share: float) -> FloatArray:
    """P(B = k) for k = 0 … n, through logarithms so that a large n does not overflow."""
    log_factorial = np.concatenate(([0.0], np.cumsum(np.log(np.arange(1, n + 1)))))
    k = np.arange(n + 1)
    log_choose = log_factorial[n] - log_factorial - log_factorial[::-1]
    return np.asarray(np.exp(log_choose + k * math.log(share) + (n - k) * math.log1p(-share)))


def mean_of_present(values: Iterable[float | None]) -> float | None:
    """The mean of the values that are not null; null when there is none."""
    present = [value for value in values if value is not None]
    return fmean(present) if present else None


def sample_sd(values: Sequence[float]) -> float | None:
    """The standard deviation with n - 1; null for fewer than two values."""
    return float(np.std(np.asarray(values, dtype=np.float64), ddof=1)) if len(values) > 1 else None


def mean_interval(values: Sequence[float]) -> Interval | None:
    """The mean ± t(0.975, n - 1) · sd / √n; null for fewer than two values, or for equal ones.

    A few answers that all have 5 points show no spread, and not that there is none.
    """
    sd = sample_sd(values)
    if sd is None or min(values) == max(values):
        return None
    n = len(values)
    mean = float(np.mean(np.asarray(values, dtype=np.float64)))
    half = t_quantile(1 - ALPHA / 2, n - 1) * sd / math.sqrt(n)
    return Interval(low=mean - half, high=mean + half, method="t")


def wilson_interval(successes: int, n: int) -> Interval | None:
    """Wilson's score interval of successes / n (JASA 1927, without continuity correction); null for n = 0."""
    if not 0 <= successes <= n:
        msg = f"wilson_interval: needs 0 <= successes <= n, got {successes} of {n}"
        raise ValueError(msg)
    if n == 0:
        return None
    z = NormalDist().inv_cdf(1 - ALPHA / 2)
    share = successes / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # Rounding leaves 1e-17 where the formula is exactly 0 or 1.
    low = 0.0 if successes == 0 else centre - half
    high = 1.0 if successes == n else centre + half
    return Interval(low=low, high=high, method="Wilson")
