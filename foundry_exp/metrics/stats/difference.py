"""The difference of two means: its 95 % interval, its p-value, and what could have been found."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from foundry_exp.metrics.stats.percentile import ALPHA
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


def variance_of_mean(values: Sequence[float]) -> Part:
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
