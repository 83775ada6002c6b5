"""What a check found: how bad it is, what it is about, and what to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Severity = Literal["ok", "note", "warning", "error"]
"""`error` is kept for what stops the main job; `warning` for what will hurt; `note` for what one should know."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    severity: Severity
    what: str
    detail: str
    fix: str | None = None
    """What to do about it; null when there is nothing to do."""


def exit_code(findings: Sequence[Finding]) -> int:
    """1 when something stops the main job, otherwise 0."""
    return int(any(finding.severity == "error" for finding in findings))
