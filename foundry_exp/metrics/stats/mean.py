"""The mean, its spread and its t interval."""

import math
from collections.abc import Iterable, Sequence
from statistics import fmean

import numpy as np

from foundry_exp.metrics.stats.percentile import ALPHA
from foundry_exp.metrics.stats.student import t_quantile
from foundry_exp.records.distribution import Interval


def mean_of_known(values: Iterable[float | None]) -> float | None:
    """The mean of the values that are not null; null when there is none."""
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


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
