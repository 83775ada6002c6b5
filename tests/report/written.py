"""The reports of run folders, written from outside."""

from collections.abc import Sequence
from pathlib import Path

from foundry_exp.report.write import write_texts
from foundry_exp.results.cell import gather


def write_reports(folder: Path, cells: Sequence[Path]) -> None:
    """Read the cells, and write report.md, report.csv and report.json of them into a folder."""
    write_texts(folder, gather(cells))
