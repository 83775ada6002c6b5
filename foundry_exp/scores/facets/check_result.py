"""What one rule gives an answer: points of the scale that every score has, and why."""

from dataclasses import dataclass

from foundry_exp.records.score import BEST, WORST


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a check came to."""

    value: float | None
    """Points; null when the rule cannot tell."""
    reason: str
    """What was looked for, and what is there."""


def met_or_missed(is_met: bool, reason: str) -> CheckResult:
    """The most points or the fewest."""
    return CheckResult(float(BEST if is_met else WORST), reason)


def graded(share: float, reason: str) -> CheckResult:
    """A share from 0 to 1 as points; what lies beyond is cut."""
    return CheckResult(round(WORST + (BEST - WORST) * min(max(share, 0.0), 1.0), 2), reason)
