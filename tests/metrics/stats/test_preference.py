"""Win rates, against scipy, a bootstrap of another make, and what they promise."""

from random import Random

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from foundry_exp.metrics.stats.preference import sign_test, win_rate

WIN, TIE, LOSS = 1.0, 0.5, 0.0


@given(st.integers(0, 60), st.integers(0, 60))
def test_the_sign_test_is_scipys(wins: int, losses: int) -> None:
    theirs = scipy.stats.binomtest(wins, wins + losses).pvalue if wins + losses else 1.0
    assert sign_test(wins, losses) == pytest.approx(theirs)


def test_a_tie_counts_half_and_the_interval_is_that_of_a_bootstrap_over_prompts() -> None:
    points = [WIN] * 22 + [TIE] * 10 + [LOSS] * 8
    rate = win_rate(points)
    assert rate is not None
    assert rate.interval is not None
    assert (rate.rate, rate.n) == (27 / 40, 40)
    dice = Random(1)
    means = [sum(dice.choices(points, k=40)) / 40 for _ in range(20_000)]
    low, high = np.quantile(means, (0.025, 0.975))
    assert rate.interval.low == pytest.approx(low, abs=0.015)
    assert rate.interval.high == pytest.approx(high, abs=0.015)
    assert win_rate(points) == rate, "seeded"
    assert rate.p_value == pytest.approx(scipy.stats.binomtest(22, 30).pvalue)


@pytest.mark.parametrize(("point", "alike"), [(WIN, 5), (WIN, 6), (LOSS, 6)])
def test_all_alike_has_the_exact_interval_that_agrees_with_the_sign_test(point: float, alike: int) -> None:
    rate = win_rate([point] * alike)
    theirs = scipy.stats.binomtest(round(point) * alike, alike).proportion_ci(method="exact")
    assert rate is not None
    assert rate.interval is not None
    assert (rate.interval.low, rate.interval.high) == pytest.approx((theirs.low, theirs.high))
    assert (rate.p_value <= 0.05) is not (rate.interval.low <= 0.5 <= rate.interval.high)


def test_few_prompts_have_t_within_0_and_1_and_one_or_only_ties_have_none() -> None:
    rate = win_rate([WIN] * 5 + [TIE])
    assert rate is not None
    assert rate.interval is not None
    assert (rate.interval.method, rate.interval.high) == ("t over prompts", 1.0)
    assert rate.p_value == 0.0625
    for points in ([WIN], [TIE] * 20):
        alone = win_rate(points)
        assert alone is not None
        assert (alone.interval, alone.p_value) == (None, 1.0)
    assert win_rate([]) is None


def test_two_of_a_kind_are_rarely_told_apart() -> None:
    dice = Random(7)
    covered = alarms = 0
    for _ in range(400):
        rate = win_rate(dice.choices([WIN, TIE, LOSS], [0.4, 0.2, 0.4], k=30))
        assert rate is not None
        assert rate.interval is not None
        covered += rate.interval.low <= 0.5 <= rate.interval.high
        alarms += rate.p_value <= 0.05
    assert covered / 400 > 0.92
    assert alarms / 400 <= 0.06
