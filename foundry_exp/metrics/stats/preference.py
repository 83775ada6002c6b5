"""How often one of two is preferred: its win rate with a 95 % interval, and whether that is more than chance."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from foundry_exp.metrics.stats.difference import paired
from foundry_exp.metrics.stats.intervals import ALPHA, FloatArray
from foundry_exp.records.distribution import Interval

EVEN = 0.5


@dataclass(frozen=True, slots=True)
class WinRate:
    """Over prompts: 1 is a win, ½ a tie, 0 a loss."""

    rate: float
    interval: Interval | None
    """Null for a single prompt, and where all are ties."""
    p_value: float
    """Two-sided, of as many wins as losses."""
    n: int


def win_rate(points: Sequence[float], *, seed: int = 0) -> WinRate | None:
    """Of one value a prompt, each 1, ½ or 0; null without any.

    The interval is that of `paired` against ½: prompts are drawn again with replacement, and below ten of them it is
    Student's t. The p-value is the exact sign test's, which ties say nothing to: with few prompts and hardly a
    spread, t and the bootstrap promise too much (five wins and a tie: p = 0.004, by the sign test 0.06).
    """
    if not points:
        return None
    values = np.asarray(points, dtype=np.float64)
    wins, losses = int(np.count_nonzero(values > EVEN)), int(np.count_nonzero(values < EVEN))
    return WinRate(float(values.mean()), _interval(values, seed), sign_test(wins, losses), len(points))


def sign_test(wins: int, losses: int) -> float:
    """Two-sided p of wins and losses being equally likely (exact binomial)."""
    n, fewer = wins + losses, min(wins, losses)
    at_most_fewer = sum(math.comb(n, k) for k in range(fewer + 1))
    return min(1.0, at_most_fewer / 2 ** (n - 1)) if n else 1.0


def _interval(values: FloatArray, seed: int) -> Interval | None:
    from_even = paired(np.full((1, len(values)), EVEN), values[None, :], seed=seed)
    if from_even is None:
        return None
    if from_even.has_spread:
        return Interval(max(0.0, EVEN + from_even.low), min(1.0, EVEN + from_even.high), from_even.method)
    if values[0] == EVEN:
        return None
    least = (ALPHA / 2) ** (1 / len(values))  # the level at which as many wins would be chance
    low, high = (least, 1.0) if values[0] > EVEN else (0.0, 1 - least)
    return Interval(low, high, "Clopper–Pearson")
