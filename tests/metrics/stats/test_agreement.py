"""Agreement statistics, against worked examples from the literature, scikit-learn, scipy and their own laws."""

import math

import numpy as np
import pytest
import scipy.stats  # scipy has no types; it only checks ours
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score  # type: ignore[import-untyped]  # the same

from foundry_exp.metrics.stats.agreement import (
    closeness,
    constant_guess,
    identical_share,
    ordinal_alpha,
    weighted_kappa,
)
from foundry_exp.metrics.stats.series import spearman

# Krippendorff's reliability data of four observers and twelve units (Computing Krippendorff's Alpha-Reliability,
# 2011, section C): nominal 0.743, ordinal 0.815, interval 0.849.
OBSERVERS = ("123321412...", "1233224125.3", ".3332342251.", "12332441251.")
UNITS = [[None if mark == "." else int(mark) for mark in unit] for unit in zip(*OBSERVERS, strict=True)]

# 91 couples on a scale of four (Hout, Duncan and Sobel 1987); kappa with Fleiss-Cohen, that is quadratic, weights
# is 0.332 (Friendly and Meyer, Discrete Data Analysis with R, 4.7).
COUPLES = [[7, 7, 2, 3], [2, 8, 3, 7], [1, 5, 4, 9], [2, 8, 9, 14]]

scores = st.integers(1, 5)
pairs = st.lists(st.tuples(scores, scores), min_size=2, max_size=60)
tables = st.integers(2, 5).flatmap(
    lambda raters: st.lists(st.lists(st.none() | scores, min_size=raters, max_size=raters), min_size=1, max_size=40)
)


def two_sides(ratings: list[tuple[int, int]]) -> tuple[list[float], list[float]]:
    return [float(one) for one, _ in ratings], [float(other) for _, other in ratings]


def test_krippendorffs_own_example() -> None:
    alpha = ordinal_alpha(UNITS)
    assert alpha.value == pytest.approx(0.815, abs=0.0005)
    assert alpha.n == 11  # the twelfth unit has one score, which pairs with nothing
    assert alpha.interval is not None
    assert alpha.interval.low < 0.815 < alpha.interval.high


def test_the_published_kappa_of_the_couples() -> None:
    table = [(row, column) for row in range(4) for column in range(4) for _ in range(COUPLES[row][column])]
    kappa = weighted_kappa(*two_sides(table))
    assert kappa.n == 91
    assert kappa.value == pytest.approx(0.332, abs=0.0005)
    # The published standard error is 0.0973; a bootstrap's half interval comes near 1.96 of it.
    assert kappa.interval is not None
    assert (kappa.interval.high - kappa.interval.low) / 2 == pytest.approx(1.96 * 0.0973, rel=0.1)


@pytest.mark.slow
@settings(deadline=None)
@given(pairs)
def test_kappa_is_scikit_learns(kappa: list[tuple[int, int]]) -> None:
    first, second = two_sides(kappa)
    assume(len({*first, *second}) > 1)
    theirs = cohen_kappa_score(first, second, weights="quadratic", labels=[1, 2, 3, 4, 5])
    ours = weighted_kappa(first, second).value
    assert ours == pytest.approx(theirs, abs=1e-9)


@pytest.mark.slow
@settings(deadline=None)
@given(pairs, st.permutations(range(60)))
def test_kappa_is_symmetric_and_knows_no_order_of_items(kappa: list[tuple[int, int]], order: list[int]) -> None:
    first, second = two_sides(kappa)
    shuffled = [kappa[place] for place in order if place < len(kappa)]
    value = weighted_kappa(first, second).value
    assert weighted_kappa(second, first).value == (None if value is None else pytest.approx(value))
    assert weighted_kappa(*two_sides(shuffled)).value == (None if value is None else pytest.approx(value))


@pytest.mark.slow
@settings(deadline=None)
@given(tables, st.randoms())
def test_alpha_knows_no_order_of_raters_or_items(table: list[list[int | None]], random: object) -> None:
    columns = list(range(len(table[0])))
    random.shuffle(columns)  # type: ignore[attr-defined]
    turned = [[row[column] for column in columns] for row in reversed(table)]
    value = ordinal_alpha(table).value
    assert ordinal_alpha(turned).value == (None if value is None else pytest.approx(value))


@pytest.mark.slow
@settings(deadline=None)
@given(st.lists(scores, min_size=2, max_size=40), st.integers(2, 5))
def test_perfect_agreement_is_one(values: list[int], raters: int) -> None:
    assume(len(set(values)) > 1)
    assert ordinal_alpha([[value] * raters for value in values]).value == pytest.approx(1.0)
    assert weighted_kappa(values, values).value == pytest.approx(1.0)


@pytest.mark.slow
@settings(deadline=None)
@given(tables)
def test_alpha_and_its_interval_keep_to_their_bounds(table: list[list[int | None]]) -> None:
    alpha = ordinal_alpha(table)
    assert (alpha.value is None) <= (alpha.reason is not None)
    if alpha.value is not None:
        assert alpha.value <= 1.0 + 1e-12
    if alpha.interval is not None:
        assert -1.0 - 1e-9 <= alpha.interval.low <= alpha.interval.high <= 1.0 + 1e-9


def test_alpha_asks_only_for_the_order_of_scores() -> None:
    table = [[1, 2], [2, 2], [3, 3], [3, 2], [1, 1], [2, 3]]
    stretched = [[10 ** row[0], 10 ** row[1]] for row in table]
    assert ordinal_alpha(stretched).value == pytest.approx(ordinal_alpha(table).value)


@pytest.mark.slow
def test_alpha_of_many_items_with_scores_that_all_differ() -> None:
    generator = np.random.default_rng(2)
    truth = generator.normal(size=3000)
    noisy = truth + generator.normal(scale=0.5, size=3000)
    ordinal = ordinal_alpha(np.stack([truth, noisy], axis=1).tolist())
    # On ranks without ties alpha is close to the rank correlation, since both raters use the whole scale.
    assert ordinal.value == pytest.approx(scipy.stats.spearmanr(truth, noisy).statistic, abs=0.01)


def test_without_variation_agreement_is_null_with_a_reason() -> None:
    for estimate in (weighted_kappa([3.0] * 20, [3.0] * 20), ordinal_alpha([[3, 3]] * 20)):
        assert (estimate.value, estimate.interval, estimate.n) == (None, None, 20)
        assert estimate.reason is not None
        assert "no variation" in estimate.reason
    assert weighted_kappa([], []).reason == "nothing to compare"
    assert ordinal_alpha([[4, None], [None, 2]]).reason == "nothing to compare"


@pytest.mark.slow
@settings(deadline=None)
@given(st.lists(scores, min_size=2, max_size=30), scores)
def test_a_constant_guess_has_a_kappa_of_nothing(values: list[int], guess: int) -> None:
    assume(len({*values, guess}) > 1)
    assert weighted_kappa(values, [guess] * len(values)).value == pytest.approx(0.0, abs=1e-9)


def test_the_constant_guess_is_the_commonest_score() -> None:
    guess = constant_guess([4, 4, 4, 5, 1])
    assert guess is not None
    assert guess.score == 4
    assert (guess.closeness.exact, guess.closeness.within_one) == (0.6, 0.8)
    assert guess.closeness.mean_difference == pytest.approx(0.8)
    assert constant_guess([]) is None


def test_closeness_is_over_pairs_of_one_item() -> None:
    near = closeness([[1, 1, 2], [5, None, 3], [None, None, 4]])
    assert near.n == 4
    assert near.exact == 0.25
    assert near.within_one == 0.75
    assert near.mean_difference == 1.0
    assert closeness([[1]]).exact is None


def test_few_items_have_a_value_and_no_interval() -> None:
    kappa = weighted_kappa([1, 2, 3], [1, 2, 4])
    assert kappa.value is not None
    assert kappa.interval is None
    assert kappa.reason == "3 items are too few for an interval (needs 10)"


@pytest.mark.slow
def test_an_interval_encloses_the_truth_in_about_95_of_100_samples() -> None:
    # Raters that see a common normal truth with noise; their population kappa is that of a million items.
    generator = np.random.default_rng(7)

    def rated(n: int) -> tuple[np.ndarray, np.ndarray]:
        truth = generator.normal(3, 1, n)
        one, other = (np.clip(np.rint(truth + generator.normal(0, 0.7, n)), 1, 5) for _ in range(2))
        return one, other

    population = weighted_kappa_value(*rated(1_000_000))
    inside = 0
    for _ in range(200):
        estimate = weighted_kappa(*(side.tolist() for side in rated(60)))
        assert estimate.interval is not None
        inside += estimate.interval.low <= population <= estimate.interval.high
    assert 180 <= inside <= 199


def weighted_kappa_value(first: np.ndarray, second: np.ndarray) -> float:
    return float(cohen_kappa_score(first, second, weights="quadratic"))


def test_self_consistency_of_a_steady_and_of_a_random_judge() -> None:
    assert identical_share([[value % 5 + 1] * 3 for value in range(20)]) == 1.0
    generator = np.random.default_rng(3)
    assert identical_share(generator.integers(1, 6, size=(2000, 2)).astype(float).tolist()) == pytest.approx(
        0.2, abs=0.03
    )
    assert identical_share([[3, None, 3], [3, 4, None], [5, None, None]]) == 0.5
    assert identical_share([[3], [4]]) is None


@pytest.mark.slow
@settings(deadline=None)
@given(st.lists(st.tuples(scores, st.integers(0, 900)), min_size=3, max_size=40))
def test_rank_correlation_is_scipys(ratings: list[tuple[int, int]]) -> None:
    first, second = two_sides(ratings)
    assume(len(set(first)) > 1 and len(set(second)) > 1)
    theirs = scipy.stats.spearmanr(first, second).statistic
    assert spearman(np.array(first), np.array(second)) == pytest.approx(theirs, abs=1e-9)


def test_rank_correlation_with_something_constant_is_null() -> None:
    assert spearman(np.full(12, 3.0), np.arange(12.0)) is None


def test_the_same_seed_gives_the_same_interval() -> None:
    generator = np.random.default_rng(1)
    first, second = generator.integers(1, 6, size=(2, 40)).astype(float).tolist()
    assert weighted_kappa(first, second, seed=5) == weighted_kappa(first, second, seed=5)
    assert not math.isnan(weighted_kappa(first, second).value or 0.0)
