"""Rows of a filled file held against the key: what each person gave to which item, or what is wrong."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches

from foundry_exp.errors import near, offer
from foundry_exp.scores.people.filled import Filled, Row
from foundry_exp.scores.people.key import Key
from foundry_exp.scores.people.points import points

_COMPARED_CHARACTERS = 1000
_FEWEST_COMPARED = 20
"""Of a shorter answer, such as 12 or 3/4, a spreadsheet may make a number or a date of its own."""
_SHOWN_CHARACTERS = 40


@dataclass(frozen=True, slots=True)
class Marked:
    """What one person gave to one item."""

    item_id: str
    annotator: str
    points: Mapping[str, float | None]
    """Of every criterion; null where the place was left empty."""
    comment: str
    scored_at: str | None = None
    """UTC, ISO 8601; null is when it is imported."""


def checked(
    filled: Filled, key: Key, text_of: Callable[[str], str | None], annotator: str | None = None
) -> list[Marked]:
    """The rows that are right and hold a score; what is wrong is added to the file's problems.

    `text_of` is the answer of an item, which a row must show if it shows one: a spreadsheet that sorted one
    column alone would otherwise give everybody's scores to other answers. `annotator` is who is said to have
    filled the file.
    """
    named = _given_name(annotator, key) if annotator else None
    if annotator and named is None:
        filled.problem(
            None, f"--annotator: {annotator!r} was given no file of this export; {offer(annotator, key.given)}"
        )
        return []
    rows = [(row, _checked(row, filled, key, text_of, named)) for row in filled.rows]
    found = _once([(row, mark) for row, mark in rows if _item_id(row) in key.items], filled)
    names = sorted({mark.annotator for mark in found})
    if len(names) > 1:
        filled.problem(None, f"is from {' and '.join(names)}; one file holds the scores of one person.")
    filled.problems.sort(key=lambda problem: problem.line or 0)
    for mark in found:
        if mark.comment and not any(mark.points.values()):
            filled.notes.append(f"{filled.path}: the comment on {mark.item_id} has no score, so it is not kept.")
    return [mark for mark in found if any(mark.points.values())]


def _once(rows: Sequence[tuple[Row, Marked | None]], filled: Filled) -> list[Marked]:
    """Each item's scores; none of an item whose rows do not say the same, since which is meant cannot be known."""
    first: dict[str, tuple[Row, Marked | None]] = {}
    torn: set[str] = set()
    for row, mark in rows:
        item_id = _item_id(row)
        if item_id not in first:
            first[item_id] = (row, mark)
            continue
        before, kept = first[item_id]
        same = mark is not None and kept is not None and mark.points == kept.points
        if not same:
            torn.add(item_id)
        twice = (
            f"first in line {before.line}" if same else f"in line {before.line} with other scores, so neither counts"
        )
        filled.problem(row.line, f"{item_id} is there twice, {twice}; remove one of the two.")
    return [mark for item_id, (_, mark) in first.items() if mark is not None and item_id not in torn]


def _item_id(row: Row) -> str:
    return row.item.strip().lower()


def _checked(
    row: Row, filled: Filled, key: Key, text_of: Callable[[str], str | None], named: str | None
) -> Marked | None:
    before = len(filled.problems)
    item_id = _item_id(row)
    if item_id not in key.items:
        filled.problem(row.line, _unknown_item(row.item.strip(), key))
        return None
    who = _named_annotator(row, key, filled, named) if named else _known_annotator(row, key, filled)
    marks = _points(row, key, filled, item_id)
    text = text_of(item_id)
    if row.answer is not None and text is not None and not _same_answer(row.answer, text):
        filled.problem(
            row.line,
            f"shows another answer than {item_id} has: rows have come apart, as when one column is sorted alone; "
            f"start again from the file you were given.",
        )
    when = _when(row, filled)
    return None if len(filled.problems) > before else Marked(item_id, who, marks, row.comment.strip(), when)


def _unknown_item(item: str, key: Key) -> str:
    shown = item if len(item) <= _SHOWN_CHARACTERS else f"{item[:_SHOWN_CHARACTERS]}…"
    if not item:
        return "has no item; take the id from the file you were given."
    if re.search(r"\d", item):
        return f"{shown!r} is no item of this export (ids are letters alone): a spreadsheet may have changed it."
    close = get_close_matches(item.lower(), key.items, n=1) if len(item) <= _SHOWN_CHARACTERS else []
    way_out = f"did you mean {close[0]}?" if close else "is it from another export? Name its key with --key."
    return f"{shown!r} is no item of this export; {way_out}"


def _given_name(name: str, key: Key) -> str | None:
    """The name as the key has it; null when it was given no file."""
    return {given.casefold(): given for given in key.given}.get(name.strip().casefold())


def _named_annotator(row: Row, key: Key, filled: Filled, named: str) -> str:
    """Who is said to have filled the file, unless the row is somebody else's; a name that nobody has may be wrong."""
    own = _given_name(row.annotator, key)
    if own not in (None, named):
        filled.problem(row.line, f"is {own}'s, and --annotator says {named}; leave it out, or correct the column.")
    return named


def _known_annotator(row: Row, key: Key, filled: Filled) -> str:
    name = row.annotator.strip()
    known = _given_name(name, key)
    if known is None:
        got = f"{name!r} was given no file" if name else "nobody is named as annotator"
        who = ", ".join(sorted(key.given))
        filled.problem(row.line, f"{got}, only {who}; correct the name, or say who it is with --annotator.")
    return known or name


def _points(row: Row, key: Key, filled: Filled, item_id: str) -> dict[str, float | None]:
    marks: dict[str, float | None] = dict.fromkeys(key.weights)
    for name, written in row.scores.items():
        if name not in marks:
            filled.problem(row.line, f"{item_id}: {name!r} is no criterion; {near(name, marks)}")
            continue
        try:
            marks[name] = points(written)
        except ValueError as error:
            filled.problem(row.line, f"{item_id}: {name}: {error}")
    return marks


def _when(row: Row, filled: Filled) -> str | None:
    if row.scored_at is None:
        return None
    try:
        return datetime.fromisoformat(row.scored_at).astimezone(UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError):
        filled.problem(row.line, f"scored_at: must be a time in ISO 8601, got {row.scored_at!r}; leave it out.")
        return None


def _same_answer(shown: str, text: str) -> bool:
    """Whether they agree in letters and digits that no encoding changes, in their first thousand."""
    one, other = (re.sub(r"[^0-9A-Za-z]", "", side)[:_COMPARED_CHARACTERS] for side in (shown, text))
    return one == other or len(other) < _FEWEST_COMPARED
