"""A metric's values described: what has an interval, and what has none."""

import math
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundry_exp.metrics.stats.distribution import describe, describe_clusters
from foundry_exp.metrics.stats.intervals import (
    mean_interval,
)

latencies = st.lists(st.floats(0.001, 1e7), min_size=1, max_size=120)


def test_one_value_has_a_mean_and_no_spread() -> None:
    whole = describe([5.0])
    assert (whole.n, whole.mean, whole.sd, whole.p99) == (1, 5.0, None, 5.0)
    assert set(whole.intervals.values()) == {None}


def test_nothing_is_described_by_nulls_not_by_zero() -> None:
    whole = describe([], missing=3)
    assert (whole.n, whole.missing) == (0, 3)
    numbers = (
        whole.mean,
        whole.sd,
        whole.min,
        whole.max,
        whole.p50,
        whole.p90,
        whole.p95,
        whole.p99,
    )
    assert numbers == (None,) * 8
    assert whole.intervals == {"mean": None, "p50": None, "p90": None, "p95": None, "p99": None}


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_a_number_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="NaN or an infinity"):
        describe([1.0, value])


@pytest.mark.slow
@given(latencies, st.randoms(use_true_random=False))
def test_order_does_not_change_a_description(values: list[float], random: Random) -> None:
    shuffled = list(values)
    random.shuffle(shuffled)
    assert describe(shuffled) == describe(values)


@pytest.mark.slow
def test_cluster_bootstrap_is_seeded_and_wider_than_one_of_independent_values() -> None:
    generator = np.random.default_rng(5)
    clusters = [(100 + 20 * generator.normal() + generator.normal(size=50)).tolist() for _ in range(30)]
    bootstrapped = describe_clusters(clusters, seed=1).intervals["mean"]
    independent = mean_interval([value for cluster in clusters for value in cluster])
    assert bootstrapped is not None
    assert independent is not None
    assert bootstrapped == describe_clusters(clusters, seed=1).intervals["mean"]
    assert bootstrapped != describe_clusters(clusters, seed=2).intervals["mean"]
    assert bootstrapped.high - bootstrapped.low > 3 * (independent.high - independent.low)


def test_cluster_bootstrap_of_few_clusters_is_null() -> None:
    assert describe_clusters([[1.0, 2.0]] * 9).intervals["mean"] is None


def test_pooled_gaps_need_as_many_requests_as_a_percentile_needs_values() -> None:
    whole = describe_clusters([[10.0, 11.0, 12.0]] * 40, missing=2)
    assert (whole.n, whole.missing, whole.p50) == (120, 2, 11.0)
    assert {name: one is None for name, one in whole.intervals.items()} == {
        "mean": False,
        "p50": False,
        "p90": False,
        "p95": True,
        "p99": True,
    }


def test_order_of_requests_and_gaps_does_not_change_their_intervals() -> None:
    generator = np.random.default_rng(9)
    clusters = [generator.exponential(size=8).tolist() for _ in range(20)]
    turned = [cluster[::-1] for cluster in clusters[::-1]]
    assert describe_clusters(turned) == describe_clusters(clusters)


def test_gaps_of_few_requests_have_no_interval_however_many_gaps() -> None:
    whole = describe_clusters([[10.0] * 500] * 5)
    assert whole.n == 2500
    assert set(whole.intervals.values()) == {None}
