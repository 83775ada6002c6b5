"""The report files of a run folder or a sweep, written whole or not at all."""

from collections.abc import Sequence
from pathlib import Path

from foundry_exp.errors import StoreError
from foundry_exp.report import csv_table, markdown, source_json
from foundry_exp.report.cells import CellReport, gather
from foundry_exp.store import CONFIG_FILE, RECORDS_FILE, RESULT_FILE, write_whole

__all__ = ["CellReport", "gather", "write_reports"]

MARKDOWN_FILE = "report.md"
CSV_FILE = "report.csv"
JSON_FILE = "report.json"


def write_reports(folder: Path, cells: Sequence[Path]) -> None:
    """Write report.md, report.csv and report.json of finished cells into their folder or their sweep's."""
    if not cells:
        msg = f"{folder}: no finished run to report on; measure a cell first, or run it again."
        raise StoreError(msg)
    read = gather(cells)
    inside = [path.resolve() for path in cells] == [folder.resolve()]
    documents = {
        MARKDOWN_FILE: markdown.report(read, inside=inside, unfinished=unfinished(folder)),
        CSV_FILE: csv_table.table(read),
        JSON_FILE: source_json.document(read),
    }
    for name, text in documents.items():
        write_whole(folder / name, text)


def unfinished(folder: Path) -> list[str]:
    """Cells of a sweep that were begun and have no summary (yet)."""
    begun = {path.parent for name in (CONFIG_FILE, RECORDS_FILE) for path in folder.glob(f"*/{name}")}
    return sorted(path.name for path in begun if not (path / RESULT_FILE).exists())
