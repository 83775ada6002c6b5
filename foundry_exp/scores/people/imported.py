"""Which filled files were imported into which runs, kept beside the key: an older file must not undo a newer one."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from foundry_exp.files import disk
from foundry_exp.records.record_json import NotTheRecordError, from_json

FILE = "imported.json"


@dataclass(frozen=True, slots=True)
class Import:
    """What was read from one file's content for one person."""

    file: str
    at: str
    """UTC, ISO 8601: the first time."""
    runs: tuple[str, ...]
    """As the key names them; a run that was gone, or came later, is not among them."""


def digest(path: Path, annotator: str) -> str:
    """What an import is known by: the file's content, and who is taken to have filled it."""
    return hashlib.sha256(path.read_bytes() + b"\0" + annotator.encode()).hexdigest()


def find(key_folder: Path, known_by: str) -> Import | None:
    """The import of the same content before; null when there was none."""
    return _read(key_folder).get(known_by)


def remember(key_folder: Path, known_by: str, file: str, at: str, runs: Iterable[str]) -> None:
    """Add an import, or the runs that it reached this time."""
    every = _read(key_folder)
    before = every.get(known_by) or Import(file, at, ())
    every[known_by] = Import(before.file, before.at, tuple(sorted({*before.runs, *runs})))
    plain = {name: asdict(one) for name, one in every.items()}
    disk.write_whole(key_folder / FILE, json.dumps(plain, indent=1, ensure_ascii=False) + "\n")


def _read(key_folder: Path) -> dict[str, Import]:
    """None where there is no file, or a broken one: then files are imported again, and nothing is lost."""
    try:
        found: dict[str, Import] = from_json(dict[str, Import], (key_folder / FILE).read_bytes())
    except (OSError, NotTheRecordError):
        return {}
    return found
