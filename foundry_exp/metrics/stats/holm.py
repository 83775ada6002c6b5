"""Many tests at once, and still at most one chance in twenty of any false alarm."""

from collections.abc import Sequence


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
