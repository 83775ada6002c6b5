"""A filled file held against its key and its runs: what each person gave to which item, or what is wrong."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path

from foundry_exp.errors import ConfigError, near, offer
from foundry_exp.scores.people import filled
from foundry_exp.scores.people import key as keys
from foundry_exp.scores.people.filled import FilledFile, Row
from foundry_exp.scores.people.key import Key, KeyRuns
from foundry_exp.scores.people.spreadsheet import SHOWN_CHARACTERS, points_in_cell, shortened

_COMPARED_CHARACTERS = 1000
_FEWEST_COMPARED = 20
"""Of a shorter answer, such as 12 or 3/4, a spreadsheet may make a number or a date of its own."""


@dataclass(frozen=True, slots=True)
class ItemScores:
    """What one person gave to one item."""

    item_id: str
    annotator: str
    points: Mapping[str, float | None]
    """Of every criterion; null where the place was left empty."""
    comment: str
    scored_at: str | None = None
    """UTC, ISO 8601; null is when it is imported."""


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """What one person sent back."""

    file: FilledFile
    runs: KeyRuns
    scores: tuple[ItemScores, ...]
    """The rows that are right and hold a score."""


def read_and_check(path: Path, *, key_file: Path | None, output_dir: Path, annotator: str | None) -> CheckedFile:
    """Read a file by the key that it was made with; ConfigError, a line a problem, when there is no such key."""
    unchecked = filled.read(path, None)
    item_ids = {_item_id(row) for row in unchecked.rows}
    try:
        key_file = keys.find(path, item_ids, key_file, output_dir)
    except ConfigError:
        if item_ids:
            raise
        # without a row no key can be told, so what is wrong with the file is what there is to say
        msg = "\n".join(map(str, unchecked.problems)) or f"{path}: has no row; give the file that was filled in."
        raise ConfigError(msg) from None
    key = keys.read(key_file)
    runs = KeyRuns(key, key_file.resolve().parent)
    file = filled.read(path, list(key.weights))
    return CheckedFile(file, runs, tuple(checked(file, key, runs.text, annotator)))


def checked(
    file: FilledFile, key: Key, text_of: Callable[[str], str | None], annotator: str | None = None
) -> list[ItemScores]:
    """The rows that are right and hold a score; what is wrong is added to the file's problems.

    `text_of` is the answer of an item, which a row must show if it shows one: a spreadsheet that sorted one
    column alone would otherwise give everybody's scores to other answers. `annotator` is who is said to have
    filled the file.
    """
    named = _given_name(annotator, key) if annotator else None
    if annotator and named is None:
        near_names = offer(annotator, key.given)
        file.add_problem(None, f"--annotator: {annotator!r} was given no file of this export; {near_names}")
        return []
    rows = [(row, _checked(row, file, key, text_of, named)) for row in file.rows]
    items = _once([(row, scores) for row, scores in rows if _item_id(row) in key.items], file)
    names = sorted({scores.annotator for scores in items})
    if len(names) > 1:
        file.add_problem(None, f"is from {' and '.join(names)}; one file holds the scores of one person.")
    file.problems.sort(key=lambda problem: problem.line or 0)
    for scores in items:
        if scores.comment and not any(scores.points.values()):
            file.notes.append(f"{file.path}: the comment on {scores.item_id} has no score, so it is not kept.")
    return [scores for scores in items if any(scores.points.values())]


def _once(rows: Sequence[tuple[Row, ItemScores | None]], file: FilledFile) -> list[ItemScores]:
    """Each item's scores; none of an item whose rows do not say the same, since which is meant cannot be told."""
    first: dict[str, tuple[Row, ItemScores | None]] = {}
    torn: set[str] = set()
    for row, scores in rows:
        item_id = _item_id(row)
        if item_id not in first:
            first[item_id] = (row, scores)
            continue
        row_before, scores_before = first[item_id]
        same = scores is not None and scores_before is not None and scores.points == scores_before.points
        if not same:
            torn.add(item_id)
        line = row_before.line
        twice = f"first in line {line}" if same else f"in line {line} with other scores, so neither counts"
        file.add_problem(row.line, f"{item_id} is there twice, {twice}; remove one of the two.")
    return [scores for item_id, (_, scores) in first.items() if scores is not None and item_id not in torn]


def _item_id(row: Row) -> str:
    return row.item.strip().lower()


def _checked(
    row: Row, file: FilledFile, key: Key, text_of: Callable[[str], str | None], named: str | None
) -> ItemScores | None:
    before = len(file.problems)
    item_id = _item_id(row)
    if item_id not in key.items:
        file.add_problem(row.line, _unknown_item(row.item.strip(), key))
        return None
    who = _named_annotator(row, key, file, named) if named else _own_annotator(row, key, file)
    points = _points(row, key, file, item_id)
    text = text_of(item_id)
    if row.answer is not None and text is not None and not _same_answer(row.answer, text):
        file.add_problem(
            row.line,
            f"shows another answer than {item_id} has: rows have come apart, as when one column is sorted alone; "
            f"start again from the file you were given.",
        )
    when = _when(row, file)
    return None if len(file.problems) > before else ItemScores(item_id, who, points, row.comment.strip(), when)


def _unknown_item(item: str, key: Key) -> str:
    shown = shortened(item)
    if not item:
        return "has no item; take the id from the file you were given."
    if re.search(r"\d", item):
        return f"{shown!r} is no item of this export (ids are letters alone): a spreadsheet may have changed it."
    close = get_close_matches(item.lower(), key.items, n=1) if len(item) <= SHOWN_CHARACTERS else []
    way_out = f"did you mean {close[0]}?" if close else "is it from another export? Name its key with --key."
    return f"{shown!r} is no item of this export; {way_out}"


def _given_name(name: str, key: Key) -> str | None:
    """The name as the key has it; null when it was given no file."""
    return {given.casefold(): given for given in key.given}.get(name.strip().casefold())


def _named_annotator(row: Row, key: Key, file: FilledFile, named: str) -> str:
    """Who is said to have filled the file, unless the row is somebody else's; a name that nobody has may be wrong."""
    own = _given_name(row.annotator, key)
    if own not in (None, named):
        file.add_problem(row.line, f"is {own}'s, and --annotator says {named}; leave it out, or correct the column.")
    return named


def _own_annotator(row: Row, key: Key, file: FilledFile) -> str:
    """Whom the row names."""
    written = row.annotator.strip()
    name = _given_name(written, key)
    if name is None:
        got = f"{written!r} was given no file" if written else "nobody is named as annotator"
        who = ", ".join(sorted(key.given))
        file.add_problem(row.line, f"{got}, only {who}; correct the name, or say who it is with --annotator.")
    return name or written


def _points(row: Row, key: Key, file: FilledFile, item_id: str) -> dict[str, float | None]:
    points: dict[str, float | None] = dict.fromkeys(key.weights)
    for name, written in row.scores.items():
        if name not in points:
            file.add_problem(row.line, f"{item_id}: {name!r} is no criterion; {near(name, points)}")
            continue
        try:
            points[name] = points_in_cell(written)
        except ValueError as error:
            file.add_problem(row.line, f"{item_id}: {name}: {error}")
    return points


def _when(row: Row, file: FilledFile) -> str | None:
    if row.scored_at is None:
        return None
    try:
        return datetime.fromisoformat(row.scored_at).astimezone(UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError):
        file.add_problem(row.line, f"scored_at: must be a time in ISO 8601, got {row.scored_at!r}; leave it out.")
        return None


def _same_answer(shown: str, text: str) -> bool:
    """Whether they agree in letters and digits that no encoding changes, in their first thousand."""
    one, other = (re.sub(r"[^0-9A-Za-z]", "", side)[:_COMPARED_CHARACTERS] for side in (shown, text))
    return one == other or len(other) < _FEWEST_COMPARED
