"""Which values stand out. They are named, never dropped."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

THRESHOLD = 3.5
FEWEST = 6
"""Of normally distributed values the rule flags 1.5 % when there are six, and 4.5 % of five (simulated)."""

_MAD_TO_SD = 0.6745
_MEAN_DEVIATION_TO_SD = 1.253314  # sqrt(pi / 2)


def outliers(values: Sequence[float]) -> tuple[int, ...]:
    """Indices whose modified z-score 0.6745 · (x - median) / MAD exceeds 3.5 either way.

    Iglewicz and Hoaglin, How to Detect and Handle Outliers (1993). MAD is the median absolute deviation
    from the median; where it is 0 because more than half of the values are equal, the score is
    (x - median) / (1.253314 · mean absolute deviation), as in IBM SPSS. Fewer than six values: none.
    """
    if len(values) < FEWEST:
        return ()
    deviation = np.asarray(values, dtype=np.float64) - np.median(values)
    mad = float(np.median(np.abs(deviation)))
    scale = mad / _MAD_TO_SD or _MEAN_DEVIATION_TO_SD * float(np.mean(np.abs(deviation)))
    if not scale:
        return ()
    return tuple(int(index) for index in np.flatnonzero(np.abs(deviation) / scale > THRESHOLD))


def medians_of_others(values: Sequence[float]) -> npt.NDArray[np.float64]:
    """For each of at least two values the median of all others."""
    array = np.asarray(values, dtype=np.float64)
    order = np.argsort(array, kind="stable")
    ranked, places = array[order], np.arange(len(array))
    below, above = (len(array) - 2) // 2, (len(array) - 1) // 2  # the middle of what is left
    middles = (ranked[below + (places <= below)] + ranked[above + (places <= above)]) / 2
    result = np.empty_like(array)
    result[order] = middles
    return result
