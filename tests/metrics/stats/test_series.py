"""Drift and outliers against scipy's, and values worked out by hand."""

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from foundry_exp.metrics.stats.series import drift, medians_of_others, outliers


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
    trend = drift(values.tolist())
    rank = scipy.stats.spearmanr(np.arange(40), values)
    assert trend is not None
    assert trend.rho == pytest.approx(rank.statistic)
    assert trend.p_value == pytest.approx(rank.pvalue, rel=1e-6)
    assert trend.slope == pytest.approx(scipy.stats.theilslopes(values).slope)


def test_drift_of_a_straight_line() -> None:
    trend = drift([100.0 + place for place in range(21)])
    assert trend is not None
    assert (trend.slope, trend.rho, trend.p_value) == (1.0, 1.0, 0.0)
    assert trend.change == pytest.approx(20 / 110)
    assert trend.significant


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
    trends = [drift(generator.normal(100, 20, size=30).tolist()) for _ in range(500)]
    assert sum(one is not None and one.significant for one in trends) <= 12


def test_drift_of_a_long_run_is_thinned_and_still_right() -> None:
    trend = drift([100.0 + 0.01 * place for place in range(20_000)])
    assert trend is not None
    assert trend.slope == pytest.approx(0.01)
