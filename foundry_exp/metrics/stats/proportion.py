"""The interval of a share."""

import math
from statistics import NormalDist

from foundry_exp.metrics.stats.percentile import ALPHA
from foundry_exp.records.distribution import Interval


def wilson_interval(successes: int, n: int) -> Interval | None:
    """Wilson's score interval of successes / n (JASA 1927, without continuity correction); null for n = 0."""
    if not 0 <= successes <= n:
        msg = f"wilson_interval: needs 0 <= successes <= n, got {successes} of {n}"
        raise ValueError(msg)
    if n == 0:
        return None
    z = NormalDist().inv_cdf(1 - ALPHA / 2)
    share = successes / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # Rounding leaves 1e-17 where the formula is exactly 0 or 1.
    low = 0.0 if successes == 0 else centre - half
    high = 1.0 if successes == n else centre + half
    return Interval(low=low, high=high, method="Wilson")
