"""Points of a rule: 1 for missed, 5 for met, steps between where a kind of facet has them."""

from dataclasses import dataclass

WORST, BEST = 1.0, 5.0


@dataclass(frozen=True, slots=True)
class Points:
    """What one rule gives an answer, and why."""

    value: float | None
    """1 to 5; null when the rule cannot tell."""
    reason: str
    """What was looked for and what was found."""


def met(is_met: bool, reason: str) -> Points:
    """All or nothing."""
    return Points(BEST if is_met else WORST, reason)


def between(share: float) -> float:
    """A share from 0 to 1 as points from 1 to 5."""
    return WORST + (BEST - WORST) * min(max(share, 0.0), 1.0)
