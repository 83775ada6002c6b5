"""The options that no other is at least as good as in everything."""

from collections.abc import Sequence


def front(options: Sequence[Sequence[float]]) -> list[bool]:
    """Whether each option is on the Pareto front; larger is better in every place, and equals share their place."""
    return [not any(_dominates(other, one) for other in options) for one in options]


def _dominates(one: Sequence[float], other: Sequence[float]) -> bool:
    pairs = list(zip(one, other, strict=True))
    return all(mine >= theirs for mine, theirs in pairs) and any(mine > theirs for mine, theirs in pairs)
