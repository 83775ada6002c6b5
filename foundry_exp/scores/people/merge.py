"""What people gave → the scores that the runs do not have yet. A change of mind is one more line."""

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from foundry_exp.records import run_folder
from foundry_exp.records.score import Score
from foundry_exp.scores.people.check import Marked
from foundry_exp.scores.people.key import Key, Place
from foundry_exp.scores.people.runs import Runs

SCORER = "annotation"
LEFT_EMPTY = "left empty"

_Known = dict[tuple[str, str, str, str], Score]


def additions(
    marks: Iterable[Marked], runs: Runs, scored_at: str, without: Collection[str] = ()
) -> Iterator[tuple[Path, Score]]:
    """The scores to add, with their run folders; what is known already is left out, and so are some runs."""
    known: dict[Path, _Known] = {}
    for mark in marks:
        for folder, place in runs.places(mark.item_id):
            if place.run in without:
                continue
            if folder not in known:
                known[folder] = _latest(folder, runs.key)
            for score in scores(mark, place, runs.key, scored_at):
                if _is_new(score, known[folder].get(_identity(score))):
                    yield folder, score


def scores(mark: Marked, place: Place, key: Key, scored_at: str) -> list[Score]:
    """A score for every criterion; one that was left empty says so, so that half a row is no whole one."""
    return [
        Score(
            sample_id=place.sample_id,
            output_hash=place.output_hash,
            scorer=SCORER,
            criterion=criterion,
            value=mark.points[criterion],
            reason=LEFT_EMPTY if mark.points[criterion] is None else mark.comment or None,
            weight=weight,
            scored_by=mark.annotator,
            scored_at=mark.scored_at or scored_at,
            rubric=key.rubric,
        )
        for criterion, weight in key.weights.items()
    ]


def _latest(folder: Path, key: Key) -> _Known:
    return {
        _identity(score): score
        for score in run_folder.read_scores(folder)
        if score.scorer == SCORER and score.rubric == key.rubric
    }


def _identity(score: Score) -> tuple[str, str, str, str]:
    return score.sample_id, score.output_hash, score.criterion, score.scored_by


def _is_new(score: Score, before: Score | None) -> bool:
    if before is None:
        return True
    return score.value is not None and (score.value, score.reason) != (before.value, before.reason)
