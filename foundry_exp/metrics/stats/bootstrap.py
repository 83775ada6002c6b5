"""Intervals by resampling whole clusters, for values that depend on each other within a cluster."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from foundry_exp.metrics.stats.percentile import ALPHA
from foundry_exp.records.distribution import Interval

FloatArray = npt.NDArray[np.float64]

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
