"""Two answers to one prompt: what a judge says of them in both orders, kept as it comes, and what that comes to."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from foundry_exp.files import disk
from foundry_exp.files.digest import digest_of
from foundry_exp.prompts.rubric import Rubric
from foundry_exp.records import run_folder
from foundry_exp.records.record import Message, Sample
from foundry_exp.records.score import Preference, Preferred
from foundry_exp.scores.judge import prompt
from foundry_exp.scores.judge.judge import Judge
from foundry_exp.scores.judge.judge_model import Identity
from foundry_exp.scores.judge.pairwise import question
from foundry_exp.scores.judge.verdict import Unusable

Winner = Literal["first", "second", "tie", "unjudged"]

_SWAPPED: dict[Preferred, Preferred] = {"first": "second", "second": "first", "tie": "tie"}


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
        return prompt.answer_text(self.first.text) == prompt.answer_text(self.second.text)


@dataclass(frozen=True, slots=True)
class MatchResult:
    """What came of a match."""

    result: Winner
    reason: str
    asked: bool = True
    place: Preferred | None = None
    """Of a flip: the place that was preferred both times, whichever answer stood there."""


ALIKE = MatchResult("tie", "the answers are alike, so nobody was asked", asked=False)


def combined(as_is: Preference, swapped: Preference) -> MatchResult:
    """A win where both orders name the same answer, and otherwise a tie; `swapped` has the answers change places."""
    if as_is.preferred is None or swapped.preferred is None:
        return MatchResult("unjudged", as_is.reason if as_is.preferred is None else swapped.reason)
    if as_is.preferred == _SWAPPED[swapped.preferred]:
        return MatchResult(as_is.preferred, as_is.reason)
    if as_is.preferred == swapped.preferred:
        reason = f"it preferred the {as_is.preferred} place in both orders"
        return MatchResult("tie", reason, place=as_is.preferred)
    return MatchResult("tie", "it saw a difference in one order alone")


@dataclass(frozen=True, slots=True)
class PairVerdicts:
    """A loaded judge, and all that it has said of pairs, so that it is asked for nothing twice."""

    judge: Judge
    identity: Identity
    path: Path
    given: dict[str, Preference]
    """By the digest of the question; without those that came to nothing, which are asked again."""

    def result(self, match: Match) -> MatchResult:
        """What it says of two answers in both orders; raises BackendError when it can be asked nothing more."""
        if match.is_alike:
            return ALIKE
        as_is = self._preference(match, match.first, match.second)
        if as_is.preferred is None:
            return MatchResult("unjudged", as_is.reason)
        return combined(as_is, self._preference(match, match.second, match.first))

    def _preference(self, match: Match, first: Contender, second: Contender) -> Preference:
        messages = question.question(match.rubric, match.sample, first.text, second.text)
        digest = _digest(messages)
        if digest not in self.given:
            new = self._ask(messages, digest, match, (first.name, second.name))
            run_folder.append_preference(self.path, new)
            if new.preferred is None:
                return new
            self.given[digest] = new
        return self.given[digest]

    def _ask(self, messages: tuple[Message, ...], digest: str, match: Match, names: tuple[str, str]) -> Preference:
        verdict = self.judge.ask(messages, question.BETTER)
        preferred, reason = (None, verdict.problem) if isinstance(verdict, Unusable) else verdict
        return Preference(
            question=digest,
            sample_id=match.sample.sample_id,
            first=names[0],
            second=names[1],
            preferred=preferred,
            reason=reason,
            judged_by=self.identity.scored_by,
            judged_at=datetime.now(UTC).isoformat(timespec="seconds"),
            rubric=match.rubric.identity,
        )


def verdicts_so_far(folder: Path, judge: Judge, identity: Identity) -> PairVerdicts:
    """The judge with all that was kept of it."""
    path = folder / f"pairs-{identity.digest}.jsonl"
    disk.cut_torn_line(path)
    kept = [one for one in run_folder.read_preferences(path) if one.judged_by == identity.scored_by]
    return PairVerdicts(judge, identity, path, {one.question: one for one in kept if one.preferred is not None})


def _digest(messages: tuple[Message, ...]) -> str:
    return digest_of([question.SCHEMA, question.BETTER.repair, [message.content for message in messages]])
