"""The difference of two means, of independent runs or paired by prompt: its 95 % interval, its p-value, its power."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from statistics import NormalDist

import numpy as np

from foundry_exp.metrics.stats.bootstrap import MINIMUM_CLUSTERS
from foundry_exp.metrics.stats.intervals import ALPHA, FloatArray, column_means
from foundry_exp.metrics.stats.student import t_quantile, two_sided_p

POWER = 0.8
"""A detectable difference is one that this share of repeated measurements would show."""

FEWEST = 2
"""Values a side without which there is no spread to judge by."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Second minus first, in whatever the values are in: logarithms make it a ratio."""

    effect: float
    low: float
    high: float
    p_value: float
    """Two-sided, of no difference."""
    detectable: float
    """The smallest true difference that would be found four times out of five."""
    standard_error: float
    df: float
    n: int
    """Prompts that were paired, or runs of the smaller side."""
    method: str

    @property
    def has_spread(self) -> bool:
        """Whether the differences differ from each other; where they do not, nothing says what chance could do."""
        return self.standard_error > 1e-12 * max(1.0, abs(self.effect))  # rounding leaves less


@dataclass(frozen=True, slots=True)
class Part:
    """One source of variance of a difference: its share of the variance, and the degrees of freedom of that."""

    variance: float
    df: int


def welch(first: Sequence[float], second: Sequence[float]) -> Difference | None:
    """Of two independent samples whose variances may differ (Welch 1947); null with fewer than two values a side."""
    if min(len(first), len(second)) < FEWEST:
        return None
    effect = float(np.mean(second) - np.mean(first))
    parts = [variance_of_mean(side) for side in (first, second)]
    return from_parts(effect, parts, n=min(len(first), len(second)), method="Welch's t over runs")


def variance_of_mean(values: Sequence[float] | FloatArray) -> Part:
    """s² / n with n - 1 degrees of freedom."""
    return Part(float(np.var(np.asarray(values), ddof=1)) / len(values), len(values) - 1)


def from_parts(effect: float, parts: Sequence[Part], *, n: int, method: str) -> Difference:
    """The t interval of an effect whose variance is the sum of independent parts."""
    standard_error = math.sqrt(sum(part.variance for part in parts))
    df = _satterthwaite(parts)
    half = t_quantile(1 - ALPHA / 2, df) * standard_error
    return Difference(
        effect=effect,
        low=effect - half,
        high=effect + half,
        p_value=p_value(effect, standard_error, df),
        detectable=detectable(standard_error, df),
        standard_error=standard_error,
        df=df,
        n=n,
        method=method,
    )


def _satterthwaite(parts: Sequence[Part]) -> float:
    """Degrees of freedom of a sum of variances: (Σ v)² / Σ (v² / df), Satterthwaite 1946."""
    total = sum(part.variance for part in parts)
    if total <= 0:
        return float(sum(part.df for part in parts))
    return 1 / sum((part.variance / total) ** 2 / part.df for part in parts)


def p_value(effect: float, standard_error: float, df: float) -> float:
    """Two-sided p of no difference; values without any spread differ for sure or not at all."""
    if standard_error <= 0:
        return 0.0 if effect else 1.0
    return two_sided_p(effect / standard_error, df)


def detectable(standard_error: float, df: float) -> float:
    """(t(0.975) + t(0.8)) · standard error."""
    return (t_quantile(1 - ALPHA / 2, df) + t_quantile(POWER, df)) * standard_error


RESAMPLES = 4000
_RESOLVED = 5
"""Draws beyond nought without which their share is too uncertain to take a p-value from."""
_NORMAL = NormalDist()


def paired(first: FloatArray, second: FloatArray, *, seed: int = 0) -> Difference | None:
    """Second minus first, each an array [run, prompt] with the same prompts; null for fewer than two prompts.

    A prompt's difference is that of its means over each side's runs; the effect is the mean over prompts. Prompts
    are drawn with replacement, and, where a side has several runs, its runs too, independently: a process that is
    slow is slow on every prompt. The percentiles taken are those that t with as few degrees of freedom asks for,
    and deviations are widened by √(n / (n - 1)), since a resample varies too little (Hesterberg, What Teachers
    Should Know About the Bootstrap, 2015). With fewer than ten prompts a resample says too little, and the
    interval is Student's t. Where every prompt differs by the same, an interval would have no width: the p-value is
    the sign test's then.
    """
    by_prompt = column_means(second) - column_means(first)
    if len(by_prompt) < FEWEST:
        return None
    runs: list[FloatArray] = [side.mean(axis=1) for side in (first, second) if len(side) >= FEWEST]
    parts = [variance_of_mean(values) for values in (by_prompt, *runs)]
    effect = float(by_prompt.mean())
    by_t = from_parts(effect, parts, n=len(by_prompt), method="t over prompts")
    if not by_t.has_spread:
        return replace(by_t, p_value=_p_without_spread(effect, len(by_prompt)))
    if len(by_prompt) < MINIMUM_CLUSTERS:
        return by_t
    return _bootstrapped(by_t, effect + _deviations(by_prompt, runs, seed))


def _p_without_spread(effect: float, prompts: int) -> float:
    """Of a difference that is the same on each prompt: that as many coins all fall alike."""
    return 0.5 ** (prompts - 1) if abs(effect) > 1e-12 else 1.0  # noqa: PLR2004 - rounding leaves less


def _deviations(by_prompt: FloatArray, runs: list[FloatArray], seed: int) -> FloatArray:
    """How far each resample's effect is from the one measured."""
    total = _resampled(by_prompt, seed)
    for place, values in enumerate(runs, start=1):
        total = total + _resampled(values, seed + place)  # a difference's spread has no sign, so both sides add
    return total


def _resampled(values: FloatArray, seed: int) -> FloatArray:
    """The deviation of each resample's mean from the mean, widened by √(n / (n - 1))."""
    n = len(values)
    centred = values - values.mean()
    widened: FloatArray = (_counts(n, seed) @ centred) / n * np.sqrt(n / (n - 1))
    return widened


@lru_cache(maxsize=64)
def _counts(n: int, seed: int) -> FloatArray:
    """How often each of n is drawn, a row a resample; the same for every pair, so that they can be compared."""
    return np.random.default_rng([seed, n]).multinomial(n, [1 / n] * n, size=RESAMPLES).astype(np.float64)


def _bootstrapped(by_t: Difference, draws: FloatArray) -> Difference:
    tail = _NORMAL.cdf(-t_quantile(1 - ALPHA / 2, by_t.df))
    ends: list[float] = np.quantile(draws, (tail, 1 - tail)).tolist()
    low, high = ends
    return replace(by_t, low=low, high=high, p_value=_p_of_draws(by_t, draws), method="bootstrap by prompt and run")


def _p_of_draws(by_t: Difference, draws: FloatArray) -> float:
    """The level at which the interval would just reach nought; by t where the draws cannot resolve it."""
    beyond = min(int(np.count_nonzero(draws <= 0)), int(np.count_nonzero(draws >= 0)))
    if beyond >= _RESOLVED:
        return two_sided_p(_NORMAL.inv_cdf(min(0.5, beyond / len(draws))), by_t.df)
    least = -_NORMAL.inv_cdf(_RESOLVED / len(draws))
    return two_sided_p(max(least, abs(by_t.effect) / by_t.standard_error), by_t.df)
