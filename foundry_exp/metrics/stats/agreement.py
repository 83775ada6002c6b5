"""How far raters of the same items agree: kappa, alpha, and what a constant guess would reach."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean, median

import numpy as np
import numpy.typing as npt

from foundry_exp.metrics.stats.bootstrap import Estimate, estimate
from foundry_exp.metrics.stats.intervals import FloatArray

IntArray = npt.NDArray[np.intp]
Ratings = Sequence[Sequence[float | None]]
"""An item a row, a rater a column; null where a rater gave none. Rows may differ in length."""

NO_VARIATION = "no variation: all scores are equal, so agreement beyond chance is undefined"


def weighted_kappa(first: Sequence[float], second: Sequence[float], *, seed: int = 0) -> Estimate:
    """Quadratic weighted kappa of two raters: 1 - mean (x - y)² of items / mean (x - y)² of all pairs of items.

    Cohen, Psychological Bulletin 70 (1968). In this form scores need not be whole, so means over people or
    repeats can be compared. A constant guess has a kappa of 0, whatever it guesses.
    """
    x, y = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if x.shape != y.shape:
        msg = f"weighted_kappa: needs as many scores of each rater, got {len(x)} and {len(y)}"
        raise ValueError(msg)

    def statistic(counts: FloatArray) -> FloatArray:
        n: FloatArray = counts.sum(axis=1)
        observed = counts @ (x - y) ** 2 / n
        expected = (counts @ x**2 + counts @ y**2) / n - 2 * (counts @ x) * (counts @ y) / n**2
        return _one_minus(observed, expected)

    return estimate(statistic, len(x), NO_VARIATION, seed=seed)


def ordinal_alpha(ratings: Ratings, *, seed: int = 0) -> Estimate:
    """Krippendorff's alpha with the ordinal difference: 1 - observed / expected disagreement of pairs of scores.

    Krippendorff, Content Analysis, 4th ed., 12.3. Items with fewer than two scores count for nothing. It asks
    for the order of scores only: how far two are apart is how many scores lie between them.
    """
    rows = [given for row in ratings if len(given := _given(row)) > 1]
    scored = _Scored.from_rows(rows)

    def statistic(counts: FloatArray) -> FloatArray:
        return np.array([_alpha(scored, of_items) for of_items in counts])

    return estimate(statistic, len(rows), NO_VARIATION, seed=seed)


@dataclass(frozen=True, slots=True)
class _Scored:
    """All scores of all items, and all pairs of scores of one item, as indices into the different values."""

    values: int
    score: IntArray
    score_item: IntArray
    pair: IntArray
    """Two rows: of each pair its one and its other value."""
    pair_item: IntArray
    pair_weight: FloatArray
    """2 / (scores of the item - 1): each pair counts both ways round."""

    @classmethod
    def from_rows(cls, rows: Sequence[Sequence[float]]) -> "_Scored":
        places = {value: place for place, value in enumerate(sorted({value for row in rows for value in row}))}
        pairs = [(item, one, other) for item, row in enumerate(rows) for one, other in combinations(row, 2)]
        return cls(
            values=len(places),
            score=np.array([places[value] for row in rows for value in row], dtype=np.intp),
            score_item=np.array([item for item, row in enumerate(rows) for _ in row], dtype=np.intp),
            pair=np.array([[places[one], places[other]] for _, one, other in pairs], dtype=np.intp).reshape(-1, 2).T,
            pair_item=np.array([item for item, _, _ in pairs], dtype=np.intp),
            pair_weight=np.array([2 / (len(rows[item]) - 1) for item, _, _ in pairs], dtype=np.float64),
        )


def _alpha(scored: _Scored, of_items: FloatArray) -> float:
    """Alpha when each item is there as often as said; NaN without variation."""
    margin = np.bincount(scored.score, weights=of_items[scored.score_item], minlength=scored.values)
    n = float(margin.sum())
    # The scores from c to k, of c and k themselves half, are the difference of the middles of their ranks.
    middles = np.cumsum(margin) - margin / 2
    middles -= margin @ middles / n
    one, other = scored.pair
    observed: float = (scored.pair_weight * of_items[scored.pair_item] * (middles[one] - middles[other]) ** 2).sum() / n
    # Of all pairs of centred values: the sum of n_c n_k (m_c - m_k)² is 2 n times the sum of n_c m_c².
    expected = 2 * float(margin @ middles**2) / (n - 1)
    return float(_one_minus(np.array([observed]), np.array([expected]))[0])


def _one_minus(observed: FloatArray, expected: FloatArray) -> FloatArray:
    # Sums of squares that cancel leave 1e-16 where there is no variation at all.
    varies = expected > 1e-12  # noqa: PLR2004
    return np.where(varies, 1 - observed / np.where(varies, expected, 1.0), np.nan)


@dataclass(frozen=True, slots=True)
class Closeness:
    """How near two scores of one item come to each other."""

    n: int
    """Pairs of scores."""
    exact: float | None
    """Share of pairs that are equal."""
    within_one: float | None
    """Share that differ by one at most."""
    mean_difference: float | None
    """Mean of the differences, without their signs."""


def closeness(ratings: Ratings) -> Closeness:
    """Over all pairs of raters that scored the same item."""
    differences = [abs(one - other) for row in ratings for one, other in combinations(_given(row), 2)]
    if not differences:
        return Closeness(0, None, None, None)
    return Closeness(
        n=len(differences),
        exact=fmean(value == 0 for value in differences),
        within_one=fmean(value <= 1 for value in differences),
        mean_difference=fmean(differences),
    )


@dataclass(frozen=True, slots=True)
class ConstantGuess:
    """What a rater would reach who gives every item the same score, the one that agrees most often."""

    score: float
    closeness: Closeness


def constant_guess(scores: Iterable[float]) -> ConstantGuess | None:
    """The baseline beside an agreement with these scores; null of none."""
    every = list(scores)
    if not every:
        return None
    middle = median(every)
    guess, _ = min(Counter(every).items(), key=lambda pair: (-pair[1], abs(pair[0] - middle), pair[0]))
    return ConstantGuess(guess, closeness([(score, guess) for score in every]))


def identical_share(repeats: Ratings) -> float | None:
    """Share of the items scored at least twice whose scores are all equal; an item a row, a repeat a column."""
    ranges = _ranges(repeats)
    return fmean(distance == 0 for distance in ranges) if ranges else None


def mean_range(repeats: Ratings) -> float | None:
    """Mean over the same items of their highest score − their lowest."""
    ranges = _ranges(repeats)
    return fmean(ranges) if ranges else None


def _ranges(repeats: Ratings) -> list[float]:
    return [max(given) - min(given) for row in repeats if len(given := _given(row)) > 1]


def _given(row: Iterable[float | None]) -> list[float]:
    return [value for value in row if value is not None]
