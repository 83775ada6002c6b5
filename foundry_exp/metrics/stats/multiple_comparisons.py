"""Many comparisons at once, with at most the chance of a false alarm that one alone would have."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, count

import numpy as np
import numpy.typing as npt

from foundry_exp.metrics.stats.intervals import FloatArray, column_means


def holm(p_values: Sequence[float]) -> list[float]:
    """Each p-value as adjusted by Holm (1979), in the order given; compare them with one limit for all.

    The i-th smallest of m is multiplied by m - i + 1, and none is below the one before it.
    """
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    for rank, place in enumerate(order):
        largest = max(largest, min(1.0, p_values[place] * (len(p_values) - rank)))
        adjusted[place] = largest
    return adjusted


MOST_EXCHANGES = 20_000
"""Above it, as many are drawn at random; five runs a side have 252."""
_TIE = 1e-9


@dataclass(frozen=True, slots=True)
class MaxT:
    """Of each figure, how far the second side is from its limit, and the level that all of them must pass together."""

    effect: FloatArray
    """Second mean - first mean, a figure."""
    standard_error: FloatArray
    critical: float
    """The t that the largest of all figures exceeds by chance at the level asked for."""
    beyond: npt.NDArray[np.bool_]
    """Which figures moved beyond their limit."""

    @property
    def low(self) -> FloatArray:
        """One-sided lower ends, all figures together."""
        return self.effect - self.critical * self.standard_error

    @property
    def high(self) -> FloatArray:
        """One-sided upper ends, all figures together."""
        return self.effect + self.critical * self.standard_error


def max_t(first: FloatArray, second: FloatArray, limits: FloatArray, level: float, *, seed: int = 0) -> MaxT:
    """Test `second - first > limit` for each figure; both sides are arrays [run, figure].

    Westfall and Young's single-step max-T (1993): were each figure's true change exactly its limit, the runs of both
    sides could be exchanged once the second side is moved back by the limits; the largest t over figures is compared
    with its values under every exchange. Figures that move together, as times do, cost little, and nothing is
    assumed of how they are distributed. t has the pooled variance.
    """
    moved = np.vstack([first, second - limits])
    places = _exchanges(len(first), len(second), seed)
    observed = _t(moved, np.array([np.arange(len(first), len(moved))]))[0]
    largest: FloatArray = _t(moved, places).max(axis=1)
    allowed = math.floor(level * len(largest) + _TIE)
    critical = float(np.sort(largest)[::-1][allowed])
    effect = column_means(second) - column_means(first)
    error = _standard_error(first, second)
    reached = largest[:, None] >= observed - _TIE * np.maximum(1, np.abs(observed))
    at_least = column_means(reached.astype(np.float64))
    return MaxT(effect, error, critical, beyond=at_least <= level + _TIE)


def smallest_level(first: int, second: int) -> float:
    """The level below which nothing may be beyond its limit, however far it moved.

    The share of one exchange of all; of two where the sides are of one size, since the mirror image of a figure
    without any spread is as clear as the clearest result.
    """
    alike = 2 if first == second else 1
    return alike / min(math.comb(first + second, second), MOST_EXCHANGES)


def fewest_runs(level: float) -> int | None:
    """Runs a side that a level needs; null when no number is enough."""
    if not can_find(level, 2 / MOST_EXCHANGES):
        return None
    return next(runs for runs in count(2) if can_find(level, smallest_level(runs, runs)))


def can_find(level: float, smallest: float) -> bool:
    """Whether a level is not below the smallest one, rounding aside."""
    return level >= smallest * (1 - _TIE)


def _exchanges(first: int, second: int, seed: int) -> npt.NDArray[np.intp]:
    """Which runs make up the second side, an exchange a row; the one that was measured is among them."""
    total = first + second
    if math.comb(total, second) <= MOST_EXCHANGES:
        return np.array(list(combinations(range(total), second)))
    dice = np.random.default_rng(seed)
    drawn: list[npt.NDArray[np.intp]] = [dice.permutation(total)[:second] for _ in range(MOST_EXCHANGES - 1)]
    return np.array([np.arange(first, total), *drawn])


def _t(values: FloatArray, places: npt.NDArray[np.intp]) -> FloatArray:
    """Student's t with pooled variance, an exchange a row, a figure a column."""
    total, n = len(values), places.shape[1]
    chosen = values[places]
    sums: FloatArray = chosen.sum(axis=1)
    squares: FloatArray = ((chosen - (sums / n)[:, None]) ** 2).sum(axis=1)
    whole: FloatArray = values.sum(axis=0)
    rest_mean = (whole - sums) / (total - n)
    about = _squares_about_mean(values)
    gap = sums / n - rest_mean
    rest_squares = np.maximum(0, about - squares - gap**2 * n * (total - n) / total)
    error = np.sqrt((squares + rest_squares) / (total - 2) * (1 / n + 1 / (total - n)))
    tiny = np.finfo(float).tiny
    t: FloatArray = np.where(np.abs(gap) < _TIE, 0.0, gap / np.maximum(error, tiny))
    return t


def _squares_about_mean(values: FloatArray) -> FloatArray:
    """Σ (x - mean)² over rows, a figure a column."""
    squares: FloatArray = ((values - column_means(values)) ** 2).sum(axis=0)
    return squares


def _standard_error(first: FloatArray, second: FloatArray) -> FloatArray:
    squares = _squares_about_mean(first) + _squares_about_mean(second)
    total = len(first) + len(second)
    error: FloatArray = np.sqrt(squares / (total - 2) * (1 / len(first) + 1 / len(second)))
    return error
