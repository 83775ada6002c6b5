"""`report RUN…`: write the reports of finished runs again, and print their table."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foundry_exp import terminal
from foundry_exp.cli import verb_arguments
from foundry_exp.cli.verb_arguments import Options
from foundry_exp.errors import StoreError
from foundry_exp.records import sweep_plan
from foundry_exp.records.runs import finished_cells, unfinished

if TYPE_CHECKING:
    from foundry_exp.report.conclude import Conclusions
    from foundry_exp.results.cell import FinishedCell

HELP = """\
usage: python -m foundry_exp report RUN… [--output-dir DIR] [--uri URI] [--json]

Write the reports of finished runs again, and print their table: report.html for people, with
plots/, report.md for a pull request, report.csv and report.json for programs. Nothing is
measured: they are made from what lies in the run folders. Each cell of a sweep of up to 24 gets
a page of its own; of a larger one, ask for the cell: report mlruns/runs/SWEEP/CELL

  RUN               a run folder, a run or sweep id, `last`, or an MLflow run id
  --output-dir DIR  where runs/ lies (default: mlruns)
  --json            print what report.json has, one list of cells for all runs, instead of the table
  --uri URI         the MLflow store that a run id is looked up in (default: DIR/mlflow.db)
  -h, --help        this text

examples:
  python -m foundry_exp report last
  python -m foundry_exp report last --json
"""


def main(arguments: list[str]) -> int:
    """Report on each run named: 0 when all could be, 1 when one could not, 2 when one does not exist."""
    options = verb_arguments.parser("report", HELP, runs="+").parse_args(arguments, Options())
    from foundry_exp.tracking.fetch import find

    try:
        folders = [find(name, options.output_dir, options.uri) for name in options.runs]
    except StoreError as error:
        print(error, file=sys.stderr)
        return 2
    entries: list[dict[str, Any]] = []
    codes = [_code(folder, entries, printed=not options.json, titled=len(folders) > 1) for folder in folders]
    if options.json:
        terminal.print_json(entries)
    return max(codes)


def _code(folder: Path, entries: list[dict[str, Any]], *, printed: bool, titled: bool) -> int:
    try:
        read, conclusion = _written(folder)
    except StoreError as error:
        print(error, file=sys.stderr)
        return 1
    if printed:
        _print(read, conclusion, folder, titled=titled)
    else:
        from foundry_exp.report import data_files

        entries += data_files.entries(read)
    return 0


def _written(folder: Path) -> "tuple[list[FinishedCell], Conclusions]":
    # Imported here, so that --help and a wrong argument are answered at once.
    from foundry_exp.files.escape import counted
    from foundry_exp.report.conclude import conclusions
    from foundry_exp.report.write import write_pages, write_texts
    from foundry_exp.results.cell import gather

    cells = finished_cells(folder)
    if not cells:
        way = sweep_plan.way_on(folder)
        msg = f"{folder}: no finished run in it; its records.jsonl files hold what was measured. {way}"
        raise StoreError(msg)
    with terminal.progress_console().status(f"reporting on {counted(len(cells), 'cell')}"):
        read = gather(cells)
        for cell in read:
            write_texts(cell.folder, [cell])
        conclusion = conclusions(folder, read)
        write_texts(folder, read, conclusion)
        write_pages(folder, read, conclusion)
    return read, conclusion


def _print(read: "list[FinishedCell]", conclusion: "Conclusions", folder: Path, *, titled: bool) -> None:
    from foundry_exp.report.console import show
    from foundry_exp.report.write import HTML_FILE

    title = folder.name if titled else None
    show(read, title=title, left=unfinished(folder), quality=conclusion.quality)
    print(f"\nreports: {folder / HTML_FILE} (and .md, .csv, .json and plots/ beside it)")
