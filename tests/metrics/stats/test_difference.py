"""Differences of two means: Welch's of runs, and paired by prompt."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from foundry_exp.metrics.stats.difference import paired, welch
from foundry_exp.metrics.stats.intervals import FloatArray

samples = st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=20)


@pytest.mark.slow
@given(samples, samples)
@settings(max_examples=50)
def test_welch_agrees_with_scipy(first: list[float], second: list[float]) -> None:
    if min(np.std(first), np.std(second)) < 1e-3:  # scipy warns of values without spread
        return
    difference = welch(first, second)
    expected = stats.ttest_ind(second, first, equal_var=False)
    assert difference is not None
    assert difference.p_value == pytest.approx(expected.pvalue, abs=1e-6)
    interval = expected.confidence_interval(0.95)
    assert (difference.low, difference.high) == pytest.approx((interval.low, interval.high), rel=1e-6, abs=1e-6)


def test_welch_of_values_without_spread() -> None:
    same, other = welch([1.0, 1.0], [1.0, 1.0]), welch([1.0, 1.0], [2.0, 2.0])
    assert same is not None
    assert other is not None
    assert (same.p_value, other.p_value) == (1.0, 0.0)
    assert welch([1.0], [1.0, 2.0]) is None


def test_few_prompts_give_the_paired_t_interval() -> None:
    dice = np.random.default_rng(0)
    first = dice.normal(size=(1, 6))
    second = first + dice.normal(0.3, 0.2, size=(1, 6))
    difference = paired(first, second)
    expected = stats.ttest_rel(second[0], first[0])
    assert difference is not None
    assert difference.p_value == pytest.approx(expected.pvalue)
    assert difference.method == "t over prompts"


def test_the_bootstrap_interval_is_near_the_t_interval_where_both_hold() -> None:
    dice = np.random.default_rng(1)
    change = dice.normal(0.1, 0.5, size=(1, 60))
    difference = paired(np.zeros((1, 60)), change)
    interval = stats.ttest_1samp(change[0], 0).confidence_interval(0.95)
    assert difference is not None
    assert difference.method == "bootstrap by prompt and run"
    assert (difference.low, difference.high) == pytest.approx((interval.low, interval.high), abs=0.02)


@pytest.mark.parametrize(("prompts", "p_value"), [(2, 0.5), (3, 0.25), (20, 0.5**19)])
def test_a_difference_without_spread_is_as_sure_as_there_are_prompts(prompts: int, p_value: float) -> None:
    difference = paired(np.full((1, prompts), 0.3), np.full((1, prompts), 0.7))
    assert difference is not None
    assert difference.effect == pytest.approx(0.4)
    assert not difference.has_spread
    assert difference.p_value == p_value
    same = paired(np.full((1, prompts), 0.3), np.full((1, prompts), 0.3))
    assert same is not None
    assert same.p_value == 1.0


def test_a_prompt_has_to_be_shared_to_be_paired() -> None:
    assert paired(np.zeros((1, 1)), np.zeros((1, 1))) is None


@pytest.mark.slow
@pytest.mark.parametrize(("prompts", "runs"), [(12, 1), (40, 1), (20, 5), (5, 3)])
def test_intervals_enclose_the_truth_in_95_of_100(prompts: int, runs: int) -> None:
    """600 simulated comparisons with prompts that react differently, and processes that differ from each other."""
    dice = np.random.default_rng(prompts * 10 + runs)
    processes = 0.05 if runs > 1 else 0.0
    hits = 0
    for _ in range(600):
        reaction = dice.normal(0.2, 0.15, size=prompts)
        first = _side(dice, np.zeros(prompts), runs, processes)
        second = _side(dice, reaction, runs, processes)
        difference = paired(first, second)
        assert difference is not None
        hits += difference.low <= 0.2 <= difference.high
    assert 0.92 <= hits / 600 <= 0.995


@pytest.mark.slow
def test_what_is_called_detectable_is_found_four_times_out_of_five() -> None:
    dice = np.random.default_rng(3)
    prompts, spread = 30, 0.2
    nothing = np.zeros((1, prompts))
    differences = [paired(nothing, dice.normal(0, spread, size=(1, prompts))) for _ in range(50)]
    detectable = float(np.mean([one.detectable for one in differences if one]))
    detected = 0
    for _ in range(400):
        one = paired(nothing, dice.normal(detectable, spread, size=(1, prompts)))
        detected += one is not None and one.p_value <= 0.05
    assert 0.7 <= detected / 400 <= 0.9


def _side(dice: np.random.Generator, effect: FloatArray, runs: int, processes: float) -> FloatArray:
    noise = dice.normal(0, 0.05, size=(runs, len(effect)))
    side: FloatArray = effect + dice.normal(0, processes, size=(runs, 1)) + noise
    return side
