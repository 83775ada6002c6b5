"""Ranks, and how far two rankings go together."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from foundry_exp.stats.estimate import Estimate, estimate

FloatArray = npt.NDArray[np.float64]


def rank_correlation(first: Sequence[float], second: Sequence[float], *, seed: int = 0) -> Estimate:
    """Spearman's rank correlation of pairs, such as scores and the lengths of what was scored."""
    one, other = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)

    def statistic(counts: FloatArray) -> FloatArray:
        return _correlation(_ranks(one, counts), _ranks(other, counts), counts)

    return estimate(statistic, len(one), "one of the two never varies", seed=seed)


def spearman(first: FloatArray, second: FloatArray) -> float | None:
    """Spearman's rank correlation, ties sharing a rank; null when one side never varies."""
    once = np.ones((1, len(first)))
    rho = float(_correlation(_ranks(first, once), _ranks(second, once), once)[0])
    return rho if np.isfinite(rho) else None


def _ranks(values: FloatArray, counts: FloatArray) -> FloatArray:
    """Ranks from 1 when each value is there as often as a row of counts says; equal values get the mean of theirs."""
    _, group, many = np.unique(values, return_inverse=True, return_counts=True)
    by_value = counts[:, np.argsort(values, kind="stable")]
    sizes = np.add.reduceat(by_value, np.cumsum(many) - many, axis=1)
    return np.asarray((np.cumsum(sizes, axis=1) - (sizes - 1) / 2)[:, group])


def _correlation(first: FloatArray, second: FloatArray, counts: FloatArray) -> FloatArray:
    """Pearson's correlation, a row each; NaN when a side never varies."""
    n = counts.sum(axis=1, keepdims=True)
    one = first - (counts * first).sum(axis=1, keepdims=True) / n
    other = second - (counts * second).sum(axis=1, keepdims=True) / n
    both = np.sqrt((counts * one**2).sum(axis=1) * (counts * other**2).sum(axis=1))
    varies = both > 0.2  # noqa: PLR2004 -- ranks that vary have a sum of squares of at least a half
    rho = (counts * one * other).sum(axis=1) / np.where(varies, both, 1.0)
    return np.where(varies, np.clip(rho, -1, 1), np.nan)
