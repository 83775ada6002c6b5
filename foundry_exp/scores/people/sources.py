"""Scores of run folders, or of files that were not imported yet, with equal answers under one name."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from foundry_exp.metrics.quality import AnswerKey, current
from foundry_exp.records import run_folder
from foundry_exp.records.score import Score
from foundry_exp.scores.people.filled_files import Returned
from foundry_exp.scores.people.key import Place
from foundry_exp.scores.people.merge import SCORER, scores

_FROM_FILE = "not imported"


def of_runs(folders: Sequence[Path]) -> dict[str, list[Score]]:
    """The scores of runs by rubric, of every rubric that people scored by."""
    found = [score for folder in folders for score in _named(_read(folder), _names(folder))]
    rubrics = dict.fromkeys(score.rubric for score in found if score.scorer == SCORER)
    return {rubric: _once(score for score in found if score.rubric == rubric) for rubric in rubrics}


def of_files(files: Sequence[Returned]) -> dict[str, list[Score]]:
    """The people's scores of filled files by rubric, and beside them what other scorers gave in the runs."""
    found: dict[str, list[Score]] = {}
    for file in files:
        key = file.runs.key
        mine = found.setdefault(key.rubric, [])
        for mark in file.marks:
            mine += scores(mark, Place("", mark.item_id, ""), key, _FROM_FILE)
        mine += _of_others(file)
    return {rubric: _once(every) for rubric, every in found.items()}


def apart(folders: Iterable[Path], rubrics: Iterable[str]) -> list[str]:
    """A sentence for every scorer that cannot be compared with people, since it scored by another rubric."""
    by_people = set(rubrics)
    found = {(score.scorer, score.rubric) for folder in folders for score in _read(folder)}
    return [
        f"{scorer} scored by {rubric}, which is another rubric than people's, so it is not compared."
        for scorer, rubric in sorted(found)
        if scorer != SCORER and rubric not in by_people
    ]


def folders_of(files: Sequence[Returned]) -> list[Path]:
    """The runs that the files are about."""
    found = (folder for file in files for item_id in file.runs.key.items for folder, _ in file.runs.places(item_id))
    return sorted(set(found))


def _of_others(file: Returned) -> list[Score]:
    names: dict[Path, dict[AnswerKey, AnswerKey]] = {}
    for item_id in file.runs.key.items:
        for folder, place in file.runs.places(item_id):
            names.setdefault(folder, {})[place.sample_id, place.output_hash] = (item_id, "")
    everything = (score for folder, known in names.items() for score in _named(_read(folder), known))
    return [score for score in everything if score.scorer != SCORER and score.rubric == file.runs.key.rubric]


def _read(folder: Path) -> list[Score]:
    return current(run_folder.read_scores(folder))


def _names(folder: Path) -> dict[AnswerKey, AnswerKey]:
    """An answer's name over all runs: its prompt and what it says."""
    return {
        (record.sample_id, record.output_hash): (record.prompt_digest, _digest(record.text))
        for record in run_folder.read_records(folder)
    }


def _named(found: Iterable[Score], names: Mapping[AnswerKey, AnswerKey]) -> list[Score]:
    known = ((score, names.get((score.sample_id, score.output_hash))) for score in found)
    return [replace(score, sample_id=name[0], output_hash=name[1]) for score, name in known if name]


def _once(found: Iterable[Score]) -> list[Score]:
    """An answer that several runs gave has been scored once, and counts once."""
    kept = {
        (score.scorer, score.sample_id, score.output_hash, score.criterion, score.scored_by, score.repeat): score
        for score in found
    }
    return list(kept.values())


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
