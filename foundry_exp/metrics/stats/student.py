"""Student's t distribution, from the regularised incomplete beta function."""

import math
from functools import lru_cache

_MEDIAN = 0.5
_TINY = 1e-300
_EPSILON = 1e-16
_MOST_STEPS = 10_000


def two_sided_p(t: float, df: float) -> float:
    """P(|T| >= |t|) with `df` degrees of freedom: I_x(df/2, 1/2) at x = df / (df + t^2)."""
    return incomplete_beta(df / 2, 0.5, df / (df + t * t))


@lru_cache(maxsize=4096)
def t_quantile(p: float, df: float) -> float:
    """The t that P(T <= t) = p, found by halving an interval that holds it."""
    if not 0 < p < 1 or df <= 0:
        msg = f"t_quantile: needs 0 < p < 1 and df > 0, got p={p}, df={df}"
        raise ValueError(msg)
    if p < _MEDIAN:
        return -t_quantile(1 - p, df)
    tails = 2 * (1 - p)
    low, high = 0.0, 1.0
    while two_sided_p(high, df) > tails:
        low, high = high, 2 * high
    while (middle := (low + high) / 2) not in (low, high):
        low, high = (middle, high) if two_sided_p(middle, df) > tails else (low, middle)
    return middle


def incomplete_beta(a: float, b: float, x: float) -> float:
    """I_x(a, b), the regularised incomplete beta function, by its continued fraction (DLMF 8.17.22)."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    if x > (a + 1) / (a + b + 2):  # the fraction converges fast only below this point
        return 1 - incomplete_beta(b, a, 1 - x)
    log_front = a * math.log(x) + b * math.log1p(-x) + math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    return math.exp(log_front) / a * _continued_fraction(a, b, x)


def _continued_fraction(a: float, b: float, x: float) -> float:
    """1 / (1 + d1 / (1 + d2 / ...)) by Lentz's method as modified (Numerical Recipes, 3rd ed., 5.2)."""
    c, d = 1.0, 0.0
    value = 1.0
    for step in range(1, _MOST_STEPS):
        numerator = _numerator(a, b, x, step)
        d = 1 / _nonzero(1 + numerator * d)
        c = _nonzero(1 + numerator / c)
        value *= c * d
        if abs(c * d - 1) < _EPSILON:
            break
    return 1 / value


def _numerator(a: float, b: float, x: float, step: int) -> float:
    """d_step of DLMF 8.17.23."""
    m = step // 2
    if step % 2 == 0:
        return m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
    return -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))


def _nonzero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
