"""Paired differences: against numbers worked out by hand, and against unpaired ones."""

import random
import statistics

import pytest
import scipy.stats  # type: ignore[import-untyped]  # scipy has no types; it only checks ours

from foundry_exp.stats.paired import minimum_detectable, paired_difference


def test_a_difference_is_taken_prompt_by_prompt() -> None:
    found = paired_difference({"a": [1.0, 3.0], "b": [4.0], "c": [5.0]}, {"a": [4.0], "b": [4.0], "d": [1.0]})
    assert found is not None
    assert (found.n, found.left_out, found.mean) == (2, 2, 1.0)
    assert found.interval is None


def test_nothing_in_common_is_no_difference() -> None:
    assert paired_difference({"a": [1.0]}, {"b": [1.0]}) is None
    assert paired_difference({"a": []}, {"a": [1.0]}) is None


def test_the_interval_is_of_the_differences_not_of_the_prompts() -> None:
    chance = random.Random(1)
    hard = {str(number): [chance.uniform(1, 4)] for number in range(40)}
    better = {name: [values[0] + 0.3 + chance.uniform(-0.05, 0.05)] for name, values in hard.items()}
    found = paired_difference(hard, better)
    assert found is not None
    assert found.interval is not None
    assert 0.28 < found.interval.low < found.mean < found.interval.high < 0.32


def test_the_interval_encloses_no_difference_where_there_is_none() -> None:
    chance = random.Random(2)
    outside = 0
    for _ in range(100):
        first = {str(number): [chance.gauss(3, 1)] for number in range(30)}
        second = {str(number): [chance.gauss(3, 1)] for number in range(30)}
        found = paired_difference(first, second)
        assert found is not None
        assert found.interval is not None
        outside += not found.interval.low <= 0 <= found.interval.high
    assert outside <= 12


@pytest.mark.parametrize("n", [10, 34, 200])
def test_the_minimum_detectable_difference_is_found_four_times_in_five(n: int) -> None:
    differences = [float(number % 2) for number in range(n)]
    found = minimum_detectable(differences)
    assert found is not None
    limit, shift = scipy.stats.t.ppf(0.975, n - 1), found * n**0.5 / statistics.stdev(differences)
    power = 1 - scipy.stats.nct.cdf(limit, n - 1, shift) + scipy.stats.nct.cdf(-limit, n - 1, shift)
    assert power == pytest.approx(0.8, abs=0.01)
