"""Filled files read back, row by row: every problem is found and named with its line, and none ends the reading."""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from foundry_exp.errors import ConfigError, near
from foundry_exp.files import json_schema
from foundry_exp.files.plain import mapping
from foundry_exp.scores.people.documents import SCORE_COLUMN
from foundry_exp.scores.people.spreadsheet import read_text, unprotected

ITEM, ANNOTATOR, ANSWER, COMMENT = "item", "annotator", "answer", "comment"
_LINE_END = re.compile(r"\r\n|\n|\r")  # not str.splitlines: a JSON text may hold its other separators
_MOST_CHARACTERS = 10_000_000
"""Of one cell; Python's own limit is 131 072, and an answer may be longer."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it stands there, unchecked."""

    line: int
    item: str
    annotator: str
    answer: str | None
    """What the file shows as the answer; null when it has no such column."""
    scores: Mapping[str, object]
    comment: str
    scored_at: str | None = None
    """When, where the file says it."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in a file, and where."""

    file: Path
    line: int | None
    what: str

    def __str__(self) -> str:
        """`file:line: what`."""
        return f"{self.file}:{self.line}: {self.what}" if self.line else f"{self.file}: {self.what}"


@dataclass(slots=True)
class FilledFile:
    """A file's rows, problems and notes, as they turn up."""

    path: Path
    rows: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add_problem(self, line: int | None, what: str) -> None:
        """Note a problem, and go on."""
        self.problems.append(Problem(self.path, line, what))


def read(path: Path, criteria: Sequence[str] | None) -> FilledFile:
    """A filled file, whatever its name ends with: JSON lines start with a brace, all else is CSV.

    Without criteria the columns of scores are taken as they are, which is enough to find the key.
    """
    file = FilledFile(path)
    try:
        text = read_text(path)
    except ConfigError as error:
        file.add_problem(None, str(error).removeprefix(f"{path}: "))
        return file
    if text.note:
        file.notes.append(f"{path}: {text.note}.")
    if not text.content.strip():
        file.add_problem(None, "is empty; give a filled file.")
    elif text.content.lstrip().startswith("{"):
        _read_jsonl(text.content, file)
    else:
        _read_csv(text.content, criteria, file)
    return file


def _read_jsonl(text: str, file: FilledFile) -> None:
    for number, line in enumerate(_LINE_END.split(text), start=1):
        if not line.strip():
            continue
        try:
            value: Mapping[str, object] = json.loads(line)
            json_schema.check(value, "annotation", "")
        except ConfigError as error:
            file.add_problem(number, str(error).removeprefix(": "))
        except (ValueError, RecursionError) as error:
            file.add_problem(number, f"not JSON ({getattr(error, 'msg', None) or 'cannot be read'}); correct the line.")
        else:
            who, comment = str(value.get(ANNOTATOR) or ""), str(value.get(COMMENT) or "")
            answer, when = _text(value.get(ANSWER)), _text(value.get("scored_at"))
            file.rows.append(Row(number, str(value[ITEM]), who, answer, mapping(value["scores"]), comment, when))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _read_csv(text: str, criteria: Sequence[str] | None, file: FilledFile) -> None:
    lines = _csv_lines(text, file)
    header = next(lines, None)
    if header is None:
        return
    columns = [_column(cell) for cell in header[1]]
    if not _columns_fit(columns, criteria, header[0], file):
        return
    for number, cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
            what = (
                f"has {len(cells)} cells, and the header {len(columns)}; put texts that hold the separator in quotes."
            )
            file.add_problem(number, what)
            continue
        file.rows.append(_row(number, dict(zip(columns, cells, strict=False)), columns))


def _csv_lines(text: str, file: FilledFile) -> Iterator[tuple[int, list[str]]]:
    """The number of each record's first line, and its cells."""
    first, _, rest = text.partition("\n")
    skipped = 0
    if first.strip().strip('"').lower().startswith("sep="):  # some spreadsheets say their separator first
        text, skipped = rest, 1
        first = rest.partition("\n")[0]
    csv.field_size_limit(_MOST_CHARACTERS)
    delimiter = max(",;\t|", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        number = reader.line_num + 1 + skipped
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            file.add_problem(number, f"not CSV ({error}), so the rest was not read; check the quotes in this row.")
            return
        yield number, cells


def _column(cell: str) -> str:
    name = cell.strip().removeprefix("\ufeff").strip()
    head, colon, criterion = name.partition(":")
    return f"{head.strip().lower()}:{criterion.strip()}" if colon else name.lower()


def _columns_fit(columns: Sequence[str], criteria: Sequence[str] | None, line: int, file: FilledFile) -> bool:
    wanted = [ITEM, ANNOTATOR, *(f"{SCORE_COLUMN}{name}" for name in criteria or ())]
    missing = [name for name in wanted if name not in columns]
    if missing:
        file.add_problem(
            line, f"without the columns {', '.join(missing)}; take the first line from the file you were given."
        )
    for name in sorted({name for name in columns if columns.count(name) > 1 and name}):
        file.add_problem(line, f"the column {name} is there twice; remove one.")
    unknown = [name for name in columns if name.startswith(SCORE_COLUMN) and criteria and name not in wanted]
    for name in unknown:
        file.add_problem(line, f"the column {name} belongs to no criterion; {_near_criterion(name, criteria or ())}")
    return not file.problems


def _near_criterion(column: str, criteria: Sequence[str]) -> str:
    return near(column.removeprefix(SCORE_COLUMN), criteria)


def _row(number: int, cells: Mapping[str, str], columns: Sequence[str]) -> Row:
    answer = unprotected(cells.get(ANSWER, "")) if ANSWER in columns else None
    marks = {name.removeprefix(SCORE_COLUMN): cells.get(name, "") for name in columns if name.startswith(SCORE_COLUMN)}
    return Row(number, cells.get(ITEM, ""), cells.get(ANNOTATOR, ""), answer, marks, cells.get(COMMENT, ""))
