"""Two models on the same prompts: the difference prompt by prompt, which leaves out how hard each prompt is."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from foundry_exp.records import Interval
from foundry_exp.stats.bootstrap import cluster_bootstrap
from foundry_exp.stats.mean import sample_sd
from foundry_exp.stats.percentile import ALPHA
from foundry_exp.stats.student import t_quantile

POWER = 0.8


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """Second minus first, over the prompts that both have values for."""

    n: int
    """Prompts in the comparison."""
    left_out: int
    """Prompts that only one of the two has values for."""
    mean: float
    interval: Interval | None
    """95 %, by resampling prompts; null for fewer than ten of them."""
    minimum_detectable: float | None
    """The smallest true difference that as many such prompts show four times in five; null for fewer than two."""


def paired_difference(
    first: Mapping[str, Sequence[float]], second: Mapping[str, Sequence[float]], *, seed: int = 0
) -> PairedDifference | None:
    """The mean difference by prompt (values of one prompt are its mean first); null when no prompt is in both."""
    shared = sorted(name for name in first.keys() & second.keys() if first[name] and second[name])
    if not shared:
        return None
    differences = [fmean(second[name]) - fmean(first[name]) for name in shared]
    everyone = {name for values in (first, second) for name in values if values[name]}
    return PairedDifference(
        n=len(shared),
        left_out=len(everyone) - len(shared),
        mean=fmean(differences),
        interval=cluster_bootstrap([[value] for value in differences], lambda drawn: float(np.mean(drawn)), seed=seed),
        minimum_detectable=minimum_detectable(differences),
    )


def minimum_detectable(differences: Sequence[float]) -> float | None:
    """(t(0.975) + t(0.8)) · sd / √n with n - 1 degrees of freedom; null for fewer than two values."""
    sd = sample_sd(differences)
    if sd is None:
        return None
    freedom = len(differences) - 1
    return (t_quantile(1 - ALPHA / 2, freedom) + t_quantile(POWER, freedom)) * sd / math.sqrt(len(differences))
