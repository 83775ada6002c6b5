"""Which scores are to be asked for: every criterion of every answer, less those that this judge has given before."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from foundry_exp.prompts.rubric import Criterion, Rubric, RubricChoice
from foundry_exp.protocols import Answer
from foundry_exp.records import run_folder
from foundry_exp.records.score import Score

_Key = tuple[str, str, str, int, str]
"""Sample, output hash, criterion, repeat and rubric."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One score to ask for."""

    answer: Answer
    rubric: Rubric
    criterion: Criterion
    repeat: int
    scored_by_rubric: str
    """What all scores of its run are known by."""

    @property
    def key(self) -> tuple[str | int | None, ...]:
        """Equal for turns that are alike in all that the judge sees."""
        sample, record = self.answer.sample, self.answer.record
        seen = (sample.digest, sample.reference, repr(sample.facets), record.output_hash)
        return (*seen, self.rubric.identity, self.criterion.name, self.repeat)


def turns(answers: Sequence[Answer], choice: RubricChoice, repeats: int) -> Iterator[Turn]:
    """Every score of every answer, answer by answer."""

    @cache
    def of_run(folder: Path) -> str:
        return choice.identity(run_folder.read_samples(folder))

    for answer in answers:
        by = choice.for_sample(answer.sample)
        for criterion in by.criteria:
            for repeat in range(repeats):
                yield Turn(answer, by, criterion, repeat, of_run(answer.folder))


@dataclass(frozen=True, slots=True)
class Given:
    """What one judge has given in each run before."""

    scorer: str
    scored_by: str
    asked: Sequence[Turn]

    def missing(self) -> list[Turn]:
        """Turns that have no score by this judge and rubric yet; an answer that was left unscored is asked again."""
        of = cache(self._of)
        return [turn for turn in self.asked if _key(turn) not in of(turn.answer.folder)]

    def recalled(self) -> Iterator[tuple[Answer, Score]]:
        """One of its scores of each run where another judge or rubric has come since.

        The last line says whose scores count, and a judge that is asked again is the one that is meant.
        """
        by_folder: dict[Path, list[Turn]] = {}
        for turn in self.asked:
            by_folder.setdefault(turn.answer.folder, []).append(turn)
        for folder, turns_of_run in by_folder.items():
            known = self._of(folder)
            mine = next(((turn, known[key]) for turn in turns_of_run if (key := _key(turn)) in known), None)
            last = next(
                (score for score in reversed(run_folder.read_scores(folder)) if score.scorer == self.scorer), None
            )
            if mine and last and (last.scored_by, last.rubric) != (self.scored_by, mine[1].rubric):
                yield mine[0].answer, mine[1]

    def _of(self, folder: Path) -> dict[_Key, Score]:
        return {
            (score.sample_id, score.output_hash, score.criterion, score.repeat, score.rubric): score
            for score in run_folder.read_scores(folder)
            if (score.scorer, score.scored_by) == (self.scorer, self.scored_by) and score.value is not None
        }


def _key(turn: Turn) -> _Key:
    of_answer = (turn.answer.sample.sample_id, turn.answer.record.output_hash)
    return (*of_answer, turn.criterion.name, turn.repeat, turn.scored_by_rubric)
