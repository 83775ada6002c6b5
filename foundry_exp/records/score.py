"""What a judge of any kind thinks of an answer, and what its scores came to."""

from dataclasses import dataclass, field
from typing import Any, Literal

from foundry_exp.records.distribution import Distribution

WORST, BEST = 1, 5
"""The scale of every score."""
POINTS = tuple(range(WORST, BEST + 1))
"""What a judge or a person may give; rules and means lie between them too."""
SCALE = f"{WORST} to {BEST}"
"""As sentences say it."""

FACETS, JUDGE, ANNOTATION = "facets", "judge", "annotation"
"""The scorers that are ours, as scores and configs name them: rules, a second model, people."""

Preferred = Literal["first", "second", "tie"]


@dataclass(frozen=True, slots=True)
class Score:
    """One line of scores.jsonl: what one judge of one kind thinks of one answer, by one criterion."""

    sample_id: str
    output_hash: str
    """Which answer: rounds that answered alike share their scores."""
    scorer: str
    """`facets`, `judge` or `annotation`."""
    criterion: str
    value: float | None
    """1 (worst) to 5 (best); null is unscored, which is not a low score."""
    reason: str | None
    """Why this value; of an unscored answer, why there is none."""
    weight: float
    """Of the criterion in the answer's quality."""
    scored_by: str
    """`rules`, the judge's exact variant and a digest of all that it judged with, or a person's name."""
    scored_at: str
    """UTC, ISO 8601."""
    rubric: str
    """What it was scored by: `name:digest`."""
    repeat: int = 0


@dataclass(frozen=True, slots=True)
class Preference:
    """One line of judges/pairs-….jsonl: which of two answers a judge found better, shown in one order."""

    question: str
    """Digest of all that the judge was shown: what is equal is not asked again."""
    sample_id: str
    first: str
    """The answer shown first: its output hash, or of a calibration answer its id."""
    second: str
    preferred: Preferred | None
    """Null is unjudged, which is not a tie."""
    reason: str
    judged_by: str
    judged_at: str
    rubric: str
    """These are as in a score."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a scorer's scores can be believed."""

    trusted: bool
    reason: str | None
    """Why not, in one sentence with the way out."""
    figures: dict[str, Any] = field(default_factory=dict)
    """What that was decided from: agreement, self-consistency, share unparseable …"""


@dataclass(frozen=True, slots=True)
class Scored:
    """What one scorer's scores of a cell came to."""

    rubric: str
    scored_by: tuple[str, ...]
    scored: int
    """Measured requests whose answer has a score by every criterion."""
    unscored: int
    """Measured requests whose answer has not, failed requests among them."""
    quality: Distribution | None
    """Over prompts: of each, the mean of its answers' weighted means."""
    criteria: dict[str, Distribution | None]
    standing: Standing | None = None
    """Null: there is nothing to doubt."""
    repeats_identical: float | None = None
    """Share of the scores given more than once (`repeats`) that were the same each time; null: none was."""
    repeats_range: float | None = None
    """Mean distance of the highest from the lowest of the same scores, in points; null: none was given again."""
