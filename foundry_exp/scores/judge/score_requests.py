"""Which scores are to be asked for: every criterion of every answer, less those that this judge has given before."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from foundry_exp.prompts.rubric import Criterion, Rubric, RubricChoice
from foundry_exp.protocols import Answer
from foundry_exp.records.score import Score

_Key = tuple[str, str, str, int, str]
"""Sample, output hash, criterion, repeat and rubric."""


@dataclass(frozen=True, slots=True)
class ScoreRequest:
    """One score to ask for."""

    answer: Answer
    rubric: Rubric
    criterion: Criterion
    repeat: int
    scored_by_rubric: str
    """What all scores of its run are known by."""

    @property
    def seen(self) -> tuple[str | int | None, ...]:
        """Equal for requests that are alike in all that the judge sees."""
        sample, record = self.answer.sample, self.answer.record
        shown = (sample.digest, sample.reference, repr(sample.facets), record.output_hash)
        return (*shown, self.rubric.identity, self.criterion.name, self.repeat)

    @property
    def key(self) -> _Key:
        """What its score is known by in its run."""
        answer = self.answer
        by = (self.criterion.name, self.repeat, self.scored_by_rubric)
        return (answer.sample.sample_id, answer.record.output_hash, *by)


def score_requests(answers: Sequence[Answer], choice: RubricChoice, repeats: int) -> Iterator[ScoreRequest]:
    """Every score of every answer, answer by answer."""
    rubric_of_run: dict[Path, str] = {}
    for answer in answers:
        if answer.folder not in rubric_of_run:
            rubric_of_run[answer.folder] = choice.identity(answer.asked)
        rubric = choice.for_sample(answer.sample)
        for criterion in rubric.criteria:
            for repeat in range(repeats):
                yield ScoreRequest(answer, rubric, criterion, repeat, rubric_of_run[answer.folder])


@dataclass(frozen=True, slots=True)
class PriorScores:
    """What one judge, and others of its name, gave in some runs before."""

    scored_by: str
    by_folder: Mapping[Path, Sequence[Score]]

    def missing(self, requests: Sequence[ScoreRequest]) -> list[ScoreRequest]:
        """Requests without a score by this judge and rubric; an answer that was left unscored is asked again."""
        given = {folder: self._given(folder) for folder in self.by_folder}
        return [request for request in requests if request.key not in given[request.answer.folder]]

    def recalled(self, requests: Sequence[ScoreRequest]) -> Iterator[tuple[Answer, Score]]:
        """One of its scores of each run where another judge or rubric has come since.

        The last line says whose scores count, and a judge that is asked again is the one that is meant.
        """
        for folder, scores in self.by_folder.items():
            given = self._given(folder)
            of_run = (request for request in requests if request.answer.folder == folder and request.key in given)
            mine = next(((request.answer, given[request.key]) for request in of_run), None)
            if mine and (scores[-1].scored_by, scores[-1].rubric) != (self.scored_by, mine[1].rubric):
                yield mine

    def _given(self, folder: Path) -> dict[_Key, Score]:
        return {
            (score.sample_id, score.output_hash, score.criterion, score.repeat, score.rubric): score
            for score in self.by_folder[folder]
            if score.scored_by == self.scored_by and score.value is not None
        }


def prior_scores(scorer: str, scored_by: str, requests: Sequence[ScoreRequest]) -> PriorScores:
    """The scores that lie in the runs of some requests."""
    given = {request.answer.folder: request.answer.given for request in requests}
    own = {folder: [score for score in scores if score.scorer == scorer] for folder, scores in given.items()}
    return PriorScores(scored_by, own)
