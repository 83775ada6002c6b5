"""report.csv: one row a cell, the unit in the header, numbers as they were measured."""

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict

from foundry_exp.files.escape import spreadsheet
from foundry_exp.records.unfinished import NOTHING_LEFT, Unfinished
from foundry_exp.report.samples import sample_of, shared_prompt
from foundry_exp.results.cell import CellReport


def table(cells: Sequence[CellReport], left: Unfinished = NOTHING_LEFT) -> str:
    """The whole file; a null is an empty field."""
    shared = shared_prompt(cells)
    lines = [_line(cell, shared) for cell in cells]
    lines += [
        {"cell": spreadsheet(one.name), "repeat": one.repeat, "status": one.status, "reason": one.reason}
        for one in left.cells
    ]
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, fieldnames=list(lines[0]) if lines else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return file.getvalue()


def _line(cell: CellReport, shared: str | None) -> dict[str, object]:
    fields = {"cell": cell.result.cell, "repeat": cell.result.repeat, **asdict(cell.row)}
    fields["streaming"] = "on" if cell.row.streaming else "off"
    fields |= {"token_source": "+".join(cell.token_sources) or None, "sample": sample_of(cell, shared)}
    return {name: spreadsheet(value) if isinstance(value, str) else value for name, value in fields.items()}
