"""A metric's values as one Distribution: percentiles, spread and the interval of each."""

import math
from collections.abc import Iterable, Sequence

import numpy as np

from foundry_exp.metrics.stats.bootstrap import MINIMUM_CLUSTERS, bootstrap_interval, cluster_draws
from foundry_exp.metrics.stats.intervals import (
    MINIMUM_N,
    PERCENTILES,
    FloatArray,
    mean_interval,
    percentile,
    percentile_interval,
    sample_sd,
)
from foundry_exp.records.distribution import Distribution, Interval

INTERVALS = ("mean", *PERCENTILES)

_VALUES_DRAWN = 20_000_000  # bounds a bootstrap's time: some seconds at most
_FEWEST_RESAMPLES = 200
_MOST_RESAMPLES = 1000


def describe(values: Iterable[float], missing: int = 0) -> Distribution:
    """Describe values that do not depend on each other: t interval of the mean, order statistics of percentiles.

    The intervals are of this run: where the numbers would fall if the same prompts were asked again,
    not where they would fall with other prompts or on another day.
    """
    ordered = _ordered(values)
    intervals: dict[str, Interval | None] = {"mean": mean_interval(ordered)}
    intervals |= {name: percentile_interval(ordered, share) for name, share in PERCENTILES.items()}
    return _distribution(ordered, missing, intervals)


def describe_clusters(clusters: Iterable[Sequence[float]], missing: int = 0, *, seed: int = 0) -> Distribution:
    """Describe pooled values that depend on each other within a cluster, such as the gaps of one answer.

    Intervals come from a bootstrap over clusters, and n is too small when there are too few clusters.
    Simulated with 72 answers of 31 gaps that differ by 10 % between answers, order statistics of the
    pooled gaps enclose the true p50 in 37 % of runs and the p95 in 42 %; these intervals in 92 and 89 %.
    """
    groups = sorted(tuple(_ordered(cluster)) for cluster in clusters if len(cluster))
    ordered = sorted(value for group in groups for value in group)
    return _distribution(ordered, missing, _cluster_intervals(groups, len(ordered), seed))


def _cluster_intervals(groups: Sequence[Sequence[float]], n: int, seed: int) -> dict[str, Interval | None]:
    if len(groups) < MINIMUM_CLUSTERS:
        return dict.fromkeys(INTERVALS)
    resamples = min(_MOST_RESAMPLES, max(_FEWEST_RESAMPLES, _VALUES_DRAWN // n))
    draws = cluster_draws(groups, _mean_and_percentiles, seed=seed, resamples=resamples)
    return {
        name: bootstrap_interval(draws[:, column]) if len(groups) >= MINIMUM_N[name] else None
        for column, name in enumerate(INTERVALS)
    }


def _mean_and_percentiles(values: FloatArray) -> FloatArray:
    return np.concatenate(([np.mean(values)], np.quantile(values, tuple(PERCENTILES.values()))))


def _distribution(ordered: Sequence[float], missing: int, intervals: dict[str, Interval | None]) -> Distribution:
    return Distribution(
        n=len(ordered),
        missing=missing,
        mean=float(np.mean(ordered)) if ordered else None,
        sd=sample_sd(ordered),
        min=ordered[0] if ordered else None,
        max=ordered[-1] if ordered else None,
        p50=percentile(ordered, PERCENTILES["p50"]),
        p90=percentile(ordered, PERCENTILES["p90"]),
        p95=percentile(ordered, PERCENTILES["p95"]),
        p99=percentile(ordered, PERCENTILES["p99"]),
        intervals=intervals,
    )


def _ordered(values: Iterable[float]) -> list[float]:
    """The values sorted, so that their order cannot change a sum's last digit."""
    ordered = sorted(float(value) for value in values)
    if not all(math.isfinite(value) for value in ordered):
        msg = "describe: got NaN or an infinity; a missing value is counted in `missing`, not described"
        raise ValueError(msg)
    return ordered
