"""Two candidates on the same prompts: their difference, paired by prompt and resampled by prompt and by run."""

from dataclasses import replace
from functools import lru_cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from foundry_exp.metrics.stats.bootstrap import MINIMUM_CLUSTERS
from foundry_exp.metrics.stats.difference import FEWEST, Difference, from_parts, variance_of_mean
from foundry_exp.metrics.stats.percentile import ALPHA
from foundry_exp.metrics.stats.student import t_quantile, two_sided_p

FloatArray = npt.NDArray[np.float64]

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
    by_prompt = second.mean(axis=0) - first.mean(axis=0)
    if len(by_prompt) < FEWEST:
        return None
    runs = [side.mean(axis=1) for side in (first, second) if len(side) >= FEWEST]
    parts = [variance_of_mean(values) for values in (by_prompt, *runs)]
    effect = float(by_prompt.mean())
    found = from_parts(effect, parts, n=len(by_prompt), method="t over prompts")
    if not found.has_spread:
        return replace(found, p_value=_p_without_spread(effect, len(by_prompt)))
    if len(by_prompt) < MINIMUM_CLUSTERS:
        return found
    return _bootstrapped(found, effect + _deviations(by_prompt, runs, seed))


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
    low, high = np.quantile(draws, (tail, 1 - tail))
    return replace(
        by_t, low=float(low), high=float(high), p_value=_p_value(by_t, draws), method="bootstrap by prompt and run"
    )


def _p_value(by_t: Difference, draws: FloatArray) -> float:
    """The level at which the interval would just reach nought; by t where the draws cannot resolve it."""
    beyond = min(int(np.count_nonzero(draws <= 0)), int(np.count_nonzero(draws >= 0)))
    if beyond >= _RESOLVED:
        return two_sided_p(_NORMAL.inv_cdf(min(0.5, beyond / len(draws))), by_t.df)
    least = -_NORMAL.inv_cdf(_RESOLVED / len(draws))
    return two_sided_p(max(least, abs(by_t.effect) / by_t.standard_error), by_t.df)
