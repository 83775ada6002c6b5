"""The key of an annotation: which item is which answer of which run. It stays with whoever asks."""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from foundry_exp.errors import ConfigError
from foundry_exp.files import disk
from foundry_exp.records import run_folder
from foundry_exp.records.record import Record
from foundry_exp.records.record_json import NotTheRecordError, from_json, to_json
from foundry_exp.records.version import Format

KEY_FILE = "key.json"
KEY_VERSION = 1
KEY_FORMAT = Format("the key of an export", KEY_VERSION, key="key_version", error=ConfigError)
NOTE = "Keep this file. Whoever scores must not see it: it says which model gave which answer."


@dataclass(frozen=True, slots=True)
class Place:
    """One answer in one run folder."""

    run: str
    """Relative to the key's folder, so that both can be moved together."""
    sample_id: str
    output_hash: str


@dataclass(frozen=True, slots=True)
class Key:
    """What an export must remember."""

    note: str
    key_version: int
    secret: str
    """What the items' ids and orders are made with."""
    rubric: str
    """`name:digest`."""
    weights: dict[str, float]
    """Of each criterion, in the rubric's order."""
    reference: bool
    """Whether the files show reference answers."""
    items: dict[str, tuple[Place, ...]]
    given: dict[str, tuple[tuple[str, ...], ...]]
    """What each person was given: a file each export that had something new for them, of item ids in their order."""


def place(folder: Path, key_folder: Path, sample_id: str, output_hash: str) -> Place:
    """Where an answer is, as the key says it."""
    try:
        run = Path(os.path.relpath(folder.resolve(), key_folder.resolve())).as_posix()
    except ValueError:  # another drive
        run = folder.resolve().as_posix()
    return Place(run, sample_id, output_hash)


def read(path: Path) -> Key:
    """A key that was written before, or ConfigError."""
    try:
        key: Key = from_json(Key, KEY_FORMAT.current_json(path.read_bytes(), path))
    except OSError as error:
        msg = f"{path}: cannot be read ({error.strerror}); name the {KEY_FILE} of the export with --key."
        raise ConfigError(msg) from error
    except NotTheRecordError as error:
        msg = f"{path}: not the key of an export ({error}); put the original back."
        raise ConfigError(msg) from error
    return key


def write(path: Path, key: Key) -> None:
    """Replace a key, whole or not at all."""
    disk.write_whole(path, json.dumps(json.loads(to_json(key)), indent=1, ensure_ascii=False) + "\n")


def find(file: Path, item_ids: Iterable[str], named: Path | None, output_dir: Path) -> Path:
    """The key that a filled file was made with: named, near the file, or in the output folder."""
    if named is not None:
        return named / KEY_FILE if named.is_dir() else named
    beside = [path for folder in file.absolute().parents[:2] if (path := folder / KEY_FILE).is_file()]
    keys = [*beside, *sorted(output_dir.glob(f"annotations/*/{KEY_FILE}"))]
    wanted = set(item_ids)
    fitting = {path: len(wanted & _items(path)) for path in keys}
    best = max(keys, key=lambda path: fitting[path], default=None)  # of equals the first, which is beside the file
    if best is None or not (fitting[best] or best in beside):
        where = f"{output_dir / 'annotations'} and beside the file"
        tried = f"{len(keys)} keys in {where} know none of its items" if keys else f"there is none in {where}"
        msg = f"{file}: no key fits it ({tried}); name the export's key with --key {KEY_FILE}."
        raise ConfigError(msg)
    return best


def _items(path: Path) -> set[str]:
    try:
        return set(read(path).items)
    except ConfigError:
        return set()


@dataclass(slots=True)
class KeyRuns:
    """The runs that a key's items are from, each read once."""

    key: Key
    key_folder: Path
    missing: set[str] = field(default_factory=set)
    """Runs that were asked for and are gone."""
    _answers: dict[str, dict[tuple[str, str], Record]] = field(default_factory=dict)

    def record(self, place: Place) -> Record | None:
        """The answer at a place; null when its run is gone."""
        return self._read(place.run).get((place.sample_id, place.output_hash))

    def text(self, item_id: str) -> str | None:
        """What an item's answer says; null when no run with it is left."""
        records = (self.record(place) for place in self.key.items[item_id])
        return next((record.text for record in records if record), None)

    def places(self, item_id: str) -> Iterable[tuple[Path, Place]]:
        """Every place of an item whose run is there, with its folder."""
        return [(self.folder(place.run), place) for place in self.key.items[item_id] if self.record(place)]

    def folder(self, run: str) -> Path:
        """A run's folder, wherever the key has been moved to together with it."""
        return (self.key_folder / run).resolve()

    def _read(self, run: str) -> dict[tuple[str, str], Record]:
        if run not in self._answers:
            folder = self.folder(run)
            if not (folder / run_folder.RESULT_FILE).exists():
                self.missing.add(run)
            records = [] if run in self.missing else run_folder.read_records(folder)
            self._answers[run] = {(record.sample_id, record.output_hash): record for record in records}
        return self._answers[run]
