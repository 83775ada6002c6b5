"""How far two rankings go together."""

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def spearman(first: FloatArray, second: FloatArray) -> float | None:
    """Spearman's rank correlation, ties sharing a rank; null when one side never varies."""
    one, other = (ranks - ranks.mean() for ranks in (_ranks(first), _ranks(second)))
    both = float(np.sqrt((one @ one) * (other @ other)))
    if both < 0.2:  # noqa: PLR2004 -- ranks that vary have a sum of squares of at least a half
        return None
    return float(np.clip(one @ other / both, -1, 1))


def _ranks(values: FloatArray) -> FloatArray:
    """Ranks from 1; equal values get the mean of theirs."""
    _, group, sizes = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(sizes) - (sizes - 1) / 2)[group])
