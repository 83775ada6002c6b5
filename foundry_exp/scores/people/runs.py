"""The runs that a key's items are from, each read once."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from foundry_exp.records import run_folder
from foundry_exp.records.record import Record
from foundry_exp.scores.people.key import Key, Place


@dataclass(slots=True)
class Runs:
    """The run folders beside a key."""

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
        found = (self.record(place) for place in self.key.items[item_id])
        return next((record.text for record in found if record), None)

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
