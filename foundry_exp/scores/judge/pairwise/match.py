"""Two answers to one prompt, and what a judge's verdicts on them in both orders come to."""

from dataclasses import dataclass
from typing import Literal

from foundry_exp.prompts.rubric import Rubric
from foundry_exp.records.record import Sample
from foundry_exp.records.score import Preference, Preferred
from foundry_exp.scores.judge import prompt

Result = Literal["first", "second", "tie", "unjudged"]

_CHANGED: dict[Preferred, Preferred] = {"first": "second", "second": "first", "tie": "tie"}


@dataclass(frozen=True, slots=True)
class Contender:
    """One of the two answers."""

    name: str
    """Its output hash, or of a calibration answer its id."""
    text: str


@dataclass(frozen=True, slots=True)
class Match:
    """Two answers to be held against each other."""

    sample: Sample
    rubric: Rubric
    first: Contender
    second: Contender

    @property
    def is_alike(self) -> bool:
        """Whether the judge could see no difference."""
        return prompt.shown(self.first.text) == prompt.shown(self.second.text)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a match."""

    result: Result
    reason: str
    asked: bool = True
    place: Preferred | None = None
    """Of a flip: the place that was preferred both times, whichever answer stood there."""


ALIKE = Outcome("tie", "the answers are alike, so nobody was asked", asked=False)


def outcome(shown: Preference, changed: Preference) -> Outcome:
    """A win where both orders name the same answer, and otherwise a tie; `changed` has the answers change places."""
    if shown.preferred is None or changed.preferred is None:
        return Outcome("unjudged", shown.reason if shown.preferred is None else changed.reason)
    if shown.preferred == _CHANGED[changed.preferred]:
        return Outcome(shown.preferred, shown.reason)
    if shown.preferred == changed.preferred:
        return Outcome("tie", f"it preferred the {shown.preferred} place in both orders", place=shown.preferred)
    return Outcome("tie", "it saw a difference in one order alone")
