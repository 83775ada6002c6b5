"""The statistics, against values worked out by hand, scipy, and simulation."""

import math
from random import Random

import numpy as np
import pytest
import scipy.special
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from foundry_exp.metrics.stats.distribution import describe, describe_clusters
from foundry_exp.metrics.stats.drift import drift
from foundry_exp.metrics.stats.mean import mean_interval, sample_sd
from foundry_exp.metrics.stats.outlier import medians_of_others, outliers
from foundry_exp.metrics.stats.percentile import (
    MINIMUM_N,
    PERCENTILES,
    minimum_n,
    order_ranks,
    percentile,
    percentile_interval,
)
from foundry_exp.metrics.stats.proportion import wilson_interval
from foundry_exp.metrics.stats.student import incomplete_beta, t_quantile, two_sided_p

latencies = st.lists(st.floats(0.001, 1e7), min_size=1, max_size=120)


@pytest.mark.parametrize("df", [1, 2, 3, 4, 5, 7, 10, 29, 30, 99, 500, 9999, 100_000])
@pytest.mark.parametrize("p", [0.0001, 0.025, 0.5, 0.75, 0.9, 0.975, 0.995, 0.9999])
def test_t_quantile_equals_scipys(p: float, df: int) -> None:
    assert t_quantile(p, df) == pytest.approx(scipy.stats.t.ppf(p, df), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("df", [1, 2, 8, 50, 4000])
@pytest.mark.parametrize("t", [0.0, 0.3, -2.0, 12.7, 60.0])
def test_two_sided_p_equals_scipys(t: float, df: int) -> None:
    assert two_sided_p(t, df) == pytest.approx(2 * scipy.stats.t.sf(abs(t), df), rel=1e-9)


@given(st.floats(0.1, 300), st.floats(0.1, 300), st.floats(0, 1))
def test_incomplete_beta_equals_scipys(a: float, b: float, x: float) -> None:
    assert incomplete_beta(a, b, x) == pytest.approx(scipy.special.betainc(a, b, x), rel=1e-8, abs=1e-12)


@pytest.mark.parametrize(("p", "df"), [(0.0, 5), (1.0, 5), (0.975, 0)])
def test_t_quantile_refuses_what_has_no_quantile(p: float, df: int) -> None:
    with pytest.raises(ValueError, match="needs 0 < p < 1"):
        t_quantile(p, df)


def test_percentiles_are_numpys_linear_ones() -> None:
    # Between the 9th and 10th of ten values, at place (10 - 1) * 0.9 = 8.1: 90 + 0.1 * 10.
    assert percentile([10, 20, 30, 40, 50, 60, 70, 80, 90, 100], 0.9) == pytest.approx(91.0)
    assert percentile([3.0], 0.99) == 3.0
    assert percentile([], 0.5) is None


@given(latencies)
def test_percentiles_grow_and_stay_inside_the_values(values: list[float]) -> None:
    found = describe(values)
    ladder = [found.min, found.p50, found.p90, found.p95, found.p99, found.max]
    numbers = [value for value in ladder if value is not None]
    assert len(numbers) == 6
    assert numbers == sorted(numbers)


def test_peer_defect_p95_of_three_samples_is_not_beyond_the_largest() -> None:
    found = describe([1.0, 2.0, 3.0])
    assert found.p95 == pytest.approx(2.9)
    assert found.p99 is not None
    assert found.p99 <= 3.0
    assert found.intervals["p95"] is None


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
    found = percentile_interval(values.tolist(), share)
    assert found is not None
    assert (found.low, found.high) == (expected.low, expected.high)


def test_percentile_interval_encloses_the_true_value_in_95_percent_of_samples() -> None:
    generator = np.random.default_rng(7)
    true = -math.log(1 - 0.95)
    intervals = [percentile_interval(generator.exponential(size=100).tolist(), 0.95) for _ in range(2000)]
    enclosed = sum(one.low <= true <= one.high for one in intervals if one is not None)
    assert len(intervals) == 2000
    assert 0.945 <= enclosed / 2000 <= 1.0


def test_mean_interval_by_hand() -> None:
    # mean 3, sd sqrt(2.5), t(0.975, 4) = 2.776445: 2.776445 * sqrt(2.5 / 5) = 1.963243.
    found = mean_interval([1, 2, 3, 4, 5])
    assert found is not None
    assert found.low == pytest.approx(3 - 1.963243, abs=1e-6)
    assert found.high == pytest.approx(3 + 1.963243, abs=1e-6)


def test_equal_values_show_no_spread_and_so_no_interval() -> None:
    assert mean_interval([5.0, 5.0, 5.0]) is None
    assert mean_interval([0.1] * 7) is None


def test_one_value_has_a_mean_and_no_spread() -> None:
    found = describe([5.0])
    assert (found.n, found.mean, found.sd, found.p99) == (1, 5.0, None, 5.0)
    assert set(found.intervals.values()) == {None}


def test_sd_divides_by_n_minus_one() -> None:
    assert sample_sd([2.0, 4.0]) == pytest.approx(math.sqrt(2))


def test_nothing_is_described_by_nulls_not_by_zero() -> None:
    found = describe([], missing=3)
    assert (found.n, found.missing) == (0, 3)
    numbers = (found.mean, found.sd, found.min, found.max, found.p50, found.p90, found.p95, found.p99)
    assert numbers == (None,) * 8
    assert found.intervals == {"mean": None, "p50": None, "p90": None, "p95": None, "p99": None}


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_a_number_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="NaN or an infinity"):
        describe([1.0, value])


@given(latencies, st.randoms(use_true_random=False))
def test_order_does_not_change_a_description(values: list[float], random: Random) -> None:
    shuffled = list(values)
    random.shuffle(shuffled)
    assert describe(shuffled) == describe(values)


@pytest.mark.parametrize(("successes", "n"), [(0, 1), (0, 30), (1, 30), (15, 30), (30, 30), (999, 1000)])
def test_wilson_interval_equals_scipys(successes: int, n: int) -> None:
    expected = scipy.stats.binomtest(successes, n).proportion_ci(0.95, method="wilson")
    found = wilson_interval(successes, n)
    assert found is not None
    assert found.low == pytest.approx(expected.low, abs=1e-12)
    assert found.high == pytest.approx(expected.high, abs=1e-12)


def test_wilson_interval_of_nothing_is_null_and_of_nonsense_an_error() -> None:
    assert wilson_interval(0, 0) is None
    with pytest.raises(ValueError, match="got 3 of 2"):
        wilson_interval(3, 2)


def test_outlier_by_hand() -> None:
    # Median 10, deviations 1 0 0 1 0 2 90: MAD 1, so 0.6745 * 90 / 1 = 60.7 and 0.6745 * 2 = 1.3.
    assert outliers([9.0, 10.0, 10.0, 11.0, 10.0, 12.0, 100.0, 9.0]) == (6,)


def test_outlier_among_values_that_are_mostly_equal() -> None:
    # MAD is 0; the mean deviation is 50 / 10, so the score is 50 / (1.253314 * 5) = 8.
    assert outliers([10.0] * 9 + [60.0]) == (9,)


@pytest.mark.parametrize("values", [[], [1.0, 1.0, 1.0, 1.0, 99.0], [7.0] * 20])
def test_few_or_equal_values_have_no_outlier(values: list[float]) -> None:
    assert outliers(values) == ()


@given(st.lists(st.integers(0, 9), min_size=2, max_size=12))
def test_medians_of_others_are_those_of_the_list_without_the_value(values: list[int]) -> None:
    expected = [float(np.median(values[:place] + values[place + 1 :])) for place in range(len(values))]
    assert medians_of_others(values).tolist() == expected


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_drift_equals_scipys_spearman_and_theil_sen(seed: int) -> None:
    generator = np.random.default_rng(seed)
    values = np.round(10 + 0.05 * np.arange(40) + generator.normal(size=40), 1)
    found = drift(values.tolist())
    rank = scipy.stats.spearmanr(np.arange(40), values)
    assert found is not None
    assert found.rho == pytest.approx(rank.statistic)
    assert found.p_value == pytest.approx(rank.pvalue, rel=1e-6)
    assert found.slope == pytest.approx(scipy.stats.theilslopes(values).slope)


def test_drift_of_a_straight_line() -> None:
    found = drift([100.0 + place for place in range(21)])
    assert found is not None
    assert (found.slope, found.rho, found.p_value) == (1.0, 1.0, 0.0)
    assert found.change == pytest.approx(20 / 110)
    assert found.significant


def test_drift_needs_ten_values_and_a_change_that_matters() -> None:
    assert drift([1.0] * 9) is None
    flat = drift([5.0] * 30)
    slight = drift([100 + 0.01 * place for place in range(30)])
    assert flat is not None
    assert slight is not None
    assert (flat.rho, flat.p_value, flat.significant) == (None, None, False)
    assert (slight.p_value, slight.significant) == (0.0, False)


def test_drift_of_steady_noise_is_rarely_significant() -> None:
    generator = np.random.default_rng(11)
    found = [drift(generator.normal(100, 20, size=30).tolist()) for _ in range(500)]
    assert sum(one is not None and one.significant for one in found) <= 12


def test_drift_of_a_long_run_is_thinned_and_still_right() -> None:
    found = drift([100.0 + 0.01 * place for place in range(20_000)])
    assert found is not None
    assert found.slope == pytest.approx(0.01)


def test_cluster_bootstrap_is_seeded_and_wider_than_one_of_independent_values() -> None:
    generator = np.random.default_rng(5)
    clusters = [(100 + 20 * generator.normal() + generator.normal(size=50)).tolist() for _ in range(30)]
    found = describe_clusters(clusters, seed=1).intervals["mean"]
    independent = mean_interval([value for cluster in clusters for value in cluster])
    assert found is not None
    assert independent is not None
    assert found == describe_clusters(clusters, seed=1).intervals["mean"]
    assert found != describe_clusters(clusters, seed=2).intervals["mean"]
    assert found.high - found.low > 3 * (independent.high - independent.low)


def test_cluster_bootstrap_of_few_clusters_is_null() -> None:
    assert describe_clusters([[1.0, 2.0]] * 9).intervals["mean"] is None


def test_pooled_gaps_need_as_many_requests_as_a_percentile_needs_values() -> None:
    found = describe_clusters([[10.0, 11.0, 12.0]] * 40, missing=2)
    assert (found.n, found.missing, found.p50) == (120, 2, 11.0)
    assert {name: one is None for name, one in found.intervals.items()} == {
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
    found = describe_clusters([[10.0] * 500] * 5)
    assert found.n == 2500
    assert set(found.intervals.values()) == {None}
