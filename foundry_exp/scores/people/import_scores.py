"""What people gave → the scores that the runs do not have yet; a change of mind is one more line.

Which files were imported into which runs is kept beside the key: an older file must not undo a newer one.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from foundry_exp.files import disk
from foundry_exp.records import run_folder
from foundry_exp.records.record_json import NotTheRecordError, from_json
from foundry_exp.records.score import ANNOTATION, Score
from foundry_exp.scores.people.filled_check import ItemScores
from foundry_exp.scores.people.key import Key, KeyRuns, Place

LEFT_EMPTY = "left empty"
IMPORTS_FILE = "imported.json"

_Identity = tuple[str, str, str, str]
"""Sample, output hash, criterion and who scored it."""


def new_scores(
    every: Iterable[ItemScores], runs: KeyRuns, scored_at: str, without: Collection[str] = ()
) -> Iterator[tuple[Path, Score]]:
    """The scores to add, with their run folders; what a run has already is left out, and so are some runs."""
    latest: dict[Path, dict[_Identity, Score]] = {}
    for item in every:
        for folder, place in runs.places(item.item_id):
            if place.run in without:
                continue
            if folder not in latest:
                latest[folder] = _latest(folder, runs.key)
            for score in as_scores(item, place, runs.key, scored_at):
                if _is_new(score, latest[folder].get(_identity(score))):
                    yield folder, score


def as_scores(item: ItemScores, place: Place, key: Key, scored_at: str) -> list[Score]:
    """A score for every criterion; one that was left empty says so, so that half a row is no whole one."""
    return [
        Score(
            sample_id=place.sample_id,
            output_hash=place.output_hash,
            scorer=ANNOTATION,
            criterion=criterion,
            value=item.points[criterion],
            reason=LEFT_EMPTY if item.points[criterion] is None else item.comment or None,
            weight=weight,
            scored_by=item.annotator,
            scored_at=item.scored_at or scored_at,
            rubric=key.rubric,
        )
        for criterion, weight in key.weights.items()
    ]


def _latest(folder: Path, key: Key) -> dict[_Identity, Score]:
    return {
        _identity(score): score
        for score in run_folder.read_scores(folder)
        if score.scorer == ANNOTATION and score.rubric == key.rubric
    }


def _identity(score: Score) -> _Identity:
    return score.sample_id, score.output_hash, score.criterion, score.scored_by


def _is_new(score: Score, before: Score | None) -> bool:
    if before is None:
        return True
    return score.value is not None and (score.value, score.reason) != (before.value, before.reason)


@dataclass(frozen=True, slots=True)
class Import:
    """What was read from one file's content for one person."""

    file: str
    at: str
    """UTC, ISO 8601: the first time."""
    runs: tuple[str, ...]
    """As the key names them; a run that was gone, or came later, is not among them."""


def import_digest(path: Path, annotator: str) -> str:
    """What an import is known by: the file's content, and who is taken to have filled it."""
    return hashlib.sha256(path.read_bytes() + b"\0" + annotator.encode()).hexdigest()


def earlier_import(key_folder: Path, digest: str) -> Import | None:
    """The import of the same content before; null when there was none."""
    return _imports(key_folder).get(digest)


def remember_import(key_folder: Path, digest: str, file: str, at: str, runs: Iterable[str]) -> None:
    """Add an import, or the runs that it reached this time."""
    every = _imports(key_folder)
    before = every.get(digest) or Import(file, at, ())
    every[digest] = Import(before.file, before.at, tuple(sorted({*before.runs, *runs})))
    plain = {name: asdict(one) for name, one in every.items()}
    disk.write_whole(key_folder / IMPORTS_FILE, json.dumps(plain, indent=1, ensure_ascii=False) + "\n")


def _imports(key_folder: Path) -> dict[str, Import]:
    """None where there is no file, or a broken one: then files are imported again, and nothing is lost."""
    try:
        imports: dict[str, Import] = from_json(dict[str, Import], (key_folder / IMPORTS_FILE).read_bytes())
    except (OSError, NotTheRecordError):
        return {}
    return imports
