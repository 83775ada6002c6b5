"""A file that came back, read and held against its key and its runs."""

from dataclasses import dataclass
from pathlib import Path

from foundry_exp.annotation import filled, key
from foundry_exp.annotation.check import Marked, checked
from foundry_exp.annotation.filled import Filled
from foundry_exp.annotation.runs import Runs


@dataclass(frozen=True, slots=True)
class Returned:
    """What one person sent back."""

    filled: Filled
    runs: Runs
    marks: tuple[Marked, ...]
    """The rows that are right and hold a score."""


def read_back(path: Path, *, key_file: Path | None, output_dir: Path, annotator: str | None) -> Returned:
    """Read a file by the key that it was made with; ConfigError when there is no such key."""
    item_ids = {row.item.strip().lower() for row in filled.read(path, None).rows}
    found = key.find(path, item_ids, key_file, output_dir)
    known = key.read(found)
    runs = Runs(known, found.resolve().parent)
    rows = filled.read(path, list(known.weights))
    return Returned(rows, runs, tuple(checked(rows, known, runs.text, annotator)))
