"""What one judge says of pairs, kept line by line as it comes, so that it is asked for nothing twice."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from foundry_exp.files import disk
from foundry_exp.files.digest import digest_of
from foundry_exp.records import run_folder
from foundry_exp.records.record import Message
from foundry_exp.records.score import Preference
from foundry_exp.scores.judge.identity import Identity
from foundry_exp.scores.judge.judge import Bench
from foundry_exp.scores.judge.pairwise import match, question
from foundry_exp.scores.judge.pairwise.match import Contender, Match, Outcome
from foundry_exp.scores.judge.verdict import Unusable


@dataclass(frozen=True, slots=True)
class Verdicts:
    """A loaded judge, and all that it has said."""

    bench: Bench
    judge: Identity
    path: Path
    known: dict[str, Preference]
    """By the digest of the question; without those that came to nothing, which are asked again."""

    def of(self, one: Match) -> Outcome:
        """What it says of two answers in both orders; raises BackendError when it can be asked nothing more."""
        if one.is_alike:
            return match.ALIKE
        shown = self._preference(one, one.first, one.second)
        if shown.preferred is None:
            return Outcome("unjudged", shown.reason)
        return match.outcome(shown, self._preference(one, one.second, one.first))

    def _preference(self, one: Match, first: Contender, second: Contender) -> Preference:
        asked = question.question(one.rubric, one.sample, first.text, second.text)
        digest = _digest(asked)
        if digest not in self.known:
            found = self._asked(asked, digest, one, (first.name, second.name))
            run_folder.append_preference(self.path, found)
            if found.preferred is None:
                return found
            self.known[digest] = found
        return self.known[digest]

    def _asked(self, asked: tuple[Message, ...], digest: str, one: Match, names: tuple[str, str]) -> Preference:
        said = self.bench.ask(asked, question.BETTER)
        preferred, reason = (None, said.problem) if isinstance(said, Unusable) else said
        return Preference(
            question=digest,
            sample_id=one.sample.sample_id,
            first=names[0],
            second=names[1],
            preferred=preferred,
            reason=reason,
            judged_by=self.judge.scored_by,
            judged_at=datetime.now(UTC).isoformat(timespec="seconds"),
            rubric=one.rubric.identity,
        )


def opened(folder: Path, bench: Bench, judge: Identity) -> Verdicts:
    """The judge with all that was kept of it."""
    path = folder / f"pairs-{judge.digest}.jsonl"
    disk.cut_torn_line(path)
    said = [one for one in run_folder.read_preferences(path) if one.judged_by == judge.scored_by]
    return Verdicts(bench, judge, path, {one.question: one for one in said if one.preferred is not None})


def _digest(asked: tuple[Message, ...]) -> str:
    return digest_of([question.SCHEMA, question.BETTER.repair, [message.content for message in asked]])
