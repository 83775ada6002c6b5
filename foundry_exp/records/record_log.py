"""records.jsonl, written as answers come in: all that the process which holds a model needs of a run folder."""

from collections.abc import Iterable
from pathlib import Path

from foundry_exp.files import disk
from foundry_exp.records.record import Record
from foundry_exp.records.record_json import to_json

RECORDS_FILE = "records.jsonl"


class RecordLog:
    """The file, open for appending: a line is on disk before the next request starts."""

    def __init__(self, folder: Path) -> None:
        """Name the file; it is opened by the first line."""
        self._path = folder / RECORDS_FILE

    def append(self, record: Record) -> None:
        """Write one line and hand it to the disk."""
        disk.append_line(self._path, to_json(record))


def write_again(folder: Path, records: Iterable[Record]) -> None:
    """Replace the records by the same with what was learned of them since, so that a reader sees either."""
    disk.write_whole_bytes(folder / RECORDS_FILE, b"".join(to_json(record) + b"\n" for record in records))
