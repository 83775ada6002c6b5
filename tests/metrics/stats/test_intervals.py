"""Intervals of a mean, a percentile and a share against scipy's, and values worked out by hand."""

import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from foundry_exp.metrics.stats.distribution import describe
from foundry_exp.metrics.stats.intervals import (
    MINIMUM_N,
    PERCENTILES,
    mean_interval,
    minimum_n,
    order_ranks,
    percentile,
    percentile_interval,
    sample_sd,
    wilson_interval,
)

latencies = st.lists(st.floats(0.001, 1e7), min_size=1, max_size=120)


def test_percentiles_are_numpys_linear_ones() -> None:
    # Between the 9th and 10th of ten values, at place (10 - 1) * 0.9 = 8.1: 90 + 0.1 * 10.
    assert percentile([10, 20, 30, 40, 50, 60, 70, 80, 90, 100], 0.9) == pytest.approx(91.0)
    assert percentile([3.0], 0.99) == 3.0
    assert percentile([], 0.5) is None


@pytest.mark.slow
@given(latencies)
def test_percentiles_grow_and_stay_inside_the_values(values: list[float]) -> None:
    description = describe(values)
    ladder = [description.min, description.p50, description.p90, description.p95, description.p99, description.max]
    numbers = [value for value in ladder if value is not None]
    assert len(numbers) == 6
    assert numbers == sorted(numbers)


def test_peer_defect_p95_of_three_samples_is_not_beyond_the_largest() -> None:
    description = describe([1.0, 2.0, 3.0])
    assert description.p95 == pytest.approx(2.9)
    assert description.p99 is not None
    assert description.p99 <= 3.0
    assert description.intervals["p95"] is None


def test_smallest_n_of_each_interval() -> None:
    assert MINIMUM_N == {"mean": 2, "p50": 6, "p90": 36, "p95": 72, "p99": 368}


@pytest.mark.parametrize("share", [*PERCENTILES.values(), 0.1, 0.25])
def test_smallest_n_is_where_the_exact_binomial_first_allows_an_interval(share: float) -> None:
    needed = minimum_n(share)
    assert order_ranks(needed - 1, share) is None
    assert order_ranks(needed, share) is not None


@pytest.mark.parametrize("share", PERCENTILES.values())
@pytest.mark.parametrize("n", [1, 5, 6, 20, 36, 72, 100, 368, 1000, 5000])
def test_order_ranks_enclose_the_percentile_in_95_percent_and_are_the_closest(n: int, share: float) -> None:
    ranks = order_ranks(n, share)
    below = scipy.stats.binom(n, share)
    if ranks is None:
        assert below.cdf(0) > 0.025 or below.sf(n - 1) > 0.025
        return
    assert below.cdf(ranks.low - 1) <= 0.025 < below.cdf(ranks.low)
    assert below.sf(ranks.high - 1) <= 0.025 < below.sf(ranks.high - 2)
    assert below.cdf(ranks.high - 1) - below.cdf(ranks.low - 1) >= 0.95


@pytest.mark.parametrize(("n", "share"), [(6, 0.5), (40, 0.5), (100, 0.9), (72, 0.95), (400, 0.99)])
def test_percentile_interval_equals_scipys_quantile_test(n: int, share: float) -> None:
    values = np.random.default_rng(n).exponential(size=n)
    expected = scipy.stats.quantile_test(values, q=0, p=share).confidence_interval(0.95)
    interval = percentile_interval(values.tolist(), share)
    assert interval is not None
    assert (interval.low, interval.high) == (expected.low, expected.high)


def test_percentile_interval_encloses_the_true_value_in_95_percent_of_samples() -> None:
    generator = np.random.default_rng(7)
    true = -math.log(1 - 0.95)
    intervals = [percentile_interval(generator.exponential(size=100).tolist(), 0.95) for _ in range(2000)]
    enclosed = sum(one.low <= true <= one.high for one in intervals if one is not None)
    assert len(intervals) == 2000
    assert 0.945 <= enclosed / 2000 <= 1.0


def test_mean_interval_by_hand() -> None:
    # mean 3, sd sqrt(2.5), t(0.975, 4) = 2.776445: 2.776445 * sqrt(2.5 / 5) = 1.963243.
    interval = mean_interval([1, 2, 3, 4, 5])
    assert interval is not None
    assert interval.low == pytest.approx(3 - 1.963243, abs=1e-6)
    assert interval.high == pytest.approx(3 + 1.963243, abs=1e-6)


def test_equal_values_show_no_spread_and_so_no_interval() -> None:
    assert mean_interval([5.0, 5.0, 5.0]) is None
    assert mean_interval([0.1] * 7) is None


def test_sd_divides_by_n_minus_one() -> None:
    assert sample_sd([2.0, 4.0]) == pytest.approx(math.sqrt(2))


@pytest.mark.parametrize(("successes", "n"), [(0, 1), (0, 30), (1, 30), (15, 30), (30, 30), (999, 1000)])
def test_wilson_interval_equals_scipys(successes: int, n: int) -> None:
    expected = scipy.stats.binomtest(successes, n).proportion_ci(0.95, method="wilson")
    interval = wilson_interval(successes, n)
    assert interval is not None
    assert interval.low == pytest.approx(expected.low, abs=1e-12)
    assert interval.high == pytest.approx(expected.high, abs=1e-12)


def test_wilson_interval_of_nothing_is_null_and_of_nonsense_an_error() -> None:
    assert wilson_interval(0, 0) is None
    with pytest.raises(ValueError, match="got 3 of 2"):
        wilson_interval(3, 2)
