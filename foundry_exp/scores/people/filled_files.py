"""A file that came back, read and held against its key and its runs."""

from dataclasses import dataclass
from pathlib import Path

from foundry_exp.errors import ConfigError
from foundry_exp.scores.people import filled, key
from foundry_exp.scores.people.check import Marked, checked
from foundry_exp.scores.people.filled import Filled
from foundry_exp.scores.people.runs import Runs


@dataclass(frozen=True, slots=True)
class Returned:
    """What one person sent back."""

    filled: Filled
    runs: Runs
    marks: tuple[Marked, ...]
    """The rows that are right and hold a score."""


def read_back(path: Path, *, key_file: Path | None, output_dir: Path, annotator: str | None) -> Returned:
    """Read a file by the key that it was made with; ConfigError, a line a problem, when there is no such key."""
    first = filled.read(path, None)
    item_ids = {row.item.strip().lower() for row in first.rows}
    try:
        found = key.find(path, item_ids, key_file, output_dir)
    except ConfigError:
        if item_ids:
            raise
        # without a row no key can be told, so what is wrong with the file is what there is to say
        msg = "\n".join(map(str, first.problems)) or f"{path}: has no row; give the file that was filled in."
        raise ConfigError(msg) from None
    known = key.read(found)
    runs = Runs(known, found.resolve().parent)
    rows = filled.read(path, list(known.weights))
    return Returned(rows, runs, tuple(checked(rows, known, runs.text, annotator)))
