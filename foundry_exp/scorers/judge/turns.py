"""Which scores are to be asked for: every criterion of every answer, less those that this judge has given before."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from foundry_exp import store
from foundry_exp.protocols import Answer
from foundry_exp.rubric import Criterion, Rubric
from foundry_exp.scorers.judge.rubrics import Rubrics


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


def turns(answers: Sequence[Answer], rubrics: Rubrics, repeats: int) -> Iterator[Turn]:
    """Every score of every answer, answer by answer."""

    @cache
    def of_run(folder: Path) -> str:
        return rubrics.identity(store.read_samples(folder))

    for answer in answers:
        by = rubrics.of(answer.sample)
        for criterion in by.criteria:
            for repeat in range(repeats):
                yield Turn(answer, by, criterion, repeat, of_run(answer.folder))


def missing(asked: Sequence[Turn], scorer: str, scored_by: str) -> list[Turn]:
    """Those that have no score by this judge and rubric yet; an answer that was left unscored is asked again."""

    @cache
    def given(folder: Path) -> frozenset[tuple[str, str, str, int, str]]:
        return frozenset(
            (score.sample_id, score.output_hash, score.criterion, score.repeat, score.rubric)
            for score in store.read_scores(folder)
            if (score.scorer, score.scored_by) == (scorer, scored_by) and score.value is not None
        )

    def key(turn: Turn) -> tuple[str, str, str, int, str]:
        answer = turn.answer
        of_answer = (answer.sample.sample_id, answer.record.output_hash)
        return (*of_answer, turn.criterion.name, turn.repeat, turn.scored_by_rubric)

    return [turn for turn in asked if key(turn) not in given(turn.answer.folder)]
