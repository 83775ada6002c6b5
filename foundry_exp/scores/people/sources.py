"""Scores of run folders, or of files that were not imported yet, with equal answers under one name."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from foundry_exp.metrics.quality import AnswerKey, current
from foundry_exp.records import run_folder
from foundry_exp.records.score import ANNOTATION, Score
from foundry_exp.scores.people.filled_check import CheckedFile
from foundry_exp.scores.people.import_scores import as_scores
from foundry_exp.scores.people.key import Place

_FROM_FILE = "not imported"


def scores_of_runs(folders: Sequence[Path]) -> dict[str, list[Score]]:
    """The scores of runs by rubric, of every rubric that people scored by."""
    scores = [score for folder in folders for score in _renamed(_read(folder), _names(folder))]
    rubrics = dict.fromkeys(score.rubric for score in scores if score.scorer == ANNOTATION)
    return {rubric: _once(score for score in scores if score.rubric == rubric) for rubric in rubrics}


def scores_of_files(files: Sequence[CheckedFile]) -> dict[str, list[Score]]:
    """The people's scores of filled files by rubric, and beside them what other scorers gave in the runs."""
    by_rubric: dict[str, list[Score]] = {}
    for file in files:
        key = file.runs.key
        scores = by_rubric.setdefault(key.rubric, [])
        for item in file.scores:
            scores += as_scores(item, Place("", item.item_id, ""), key, _FROM_FILE)
        scores += _of_others(file)
    return {rubric: _once(scores) for rubric, scores in by_rubric.items()}


def not_compared(folders: Iterable[Path], rubrics: Iterable[str]) -> list[str]:
    """A sentence for every scorer that cannot be compared with people, since it scored by another rubric."""
    by_people = set(rubrics)
    scorers = {(score.scorer, score.rubric) for folder in folders for score in _read(folder)}
    return [
        f"{scorer} scored by {rubric}, which is another rubric than people's, so it is not compared."
        for scorer, rubric in sorted(scorers)
        if scorer != ANNOTATION and rubric not in by_people
    ]


def folders_of_files(files: Sequence[CheckedFile]) -> list[Path]:
    """The runs that the files are about."""
    folders = (folder for file in files for item_id in file.runs.key.items for folder, _ in file.runs.places(item_id))
    return sorted(set(folders))


def _of_others(file: CheckedFile) -> list[Score]:
    names: dict[Path, dict[AnswerKey, AnswerKey]] = {}
    for item_id in file.runs.key.items:
        for folder, place in file.runs.places(item_id):
            names.setdefault(folder, {})[place.sample_id, place.output_hash] = (item_id, "")
    scores = (score for folder, answers in names.items() for score in _renamed(_read(folder), answers))
    return [score for score in scores if score.scorer != ANNOTATION and score.rubric == file.runs.key.rubric]


def _read(folder: Path) -> list[Score]:
    return current(run_folder.read_scores(folder))


def _names(folder: Path) -> dict[AnswerKey, AnswerKey]:
    """An answer's name over all runs: its prompt and a digest of what it says, of whichever reasoning."""
    return {
        (record.sample_id, record.output_hash): (record.prompt_digest, _digest(record.text))
        for record in run_folder.read_records(folder)
    }


def _renamed(scores: Iterable[Score], names: Mapping[AnswerKey, AnswerKey]) -> list[Score]:
    pairs = ((score, names.get((score.sample_id, score.output_hash))) for score in scores)
    return [replace(score, sample_id=name[0], output_hash=name[1]) for score, name in pairs if name]


def _once(scores: Iterable[Score]) -> list[Score]:
    """An answer that several runs gave has been scored once, and counts once."""
    by_place = {
        (score.scorer, score.sample_id, score.output_hash, score.criterion, score.scored_by, score.repeat): score
        for score in scores
    }
    return list(by_place.values())


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
