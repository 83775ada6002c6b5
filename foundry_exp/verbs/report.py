"""`report RUN…`: write the reports of finished runs again, and print their table."""

import argparse
import sys
from pathlib import Path

from foundry_exp.errors import StoreError
from foundry_exp.store import find_run, finished_cells

HELP = """\
usage: python -m foundry_exp report RUN… [--output-dir DIR]

Write report.md, report.csv and report.json of finished runs again, and print their table.
Nothing is measured: the reports are made from what lies in the run folders.

  RUN               a run folder, a run or sweep id, or `last`
  --output-dir DIR  where runs/ lies (default: mlruns)
  -h, --help        this text

example:
  python -m foundry_exp report last
"""


def main(arguments: list[str]) -> int:
    """Report on each run named: 0 when all could be, 1 when one could not, 2 when one does not exist."""
    if {"-h", "--help"} & set(arguments):
        print(HELP, end="")
        return 0
    options = _parser().parse_args(arguments)
    try:
        folders = [find_run(name, options.output_dir) for name in options.runs]
    except StoreError as error:
        print(error, file=sys.stderr)
        return 2
    return max(_code(folder, titled=len(folders) > 1) for folder in folders)


def _code(folder: Path, *, titled: bool) -> int:
    try:
        _report(folder, titled=titled)
    except StoreError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    usage = "python -m foundry_exp report RUN… [--output-dir DIR]"
    parser = argparse.ArgumentParser(prog="report", usage=usage, add_help=False, allow_abbrev=False)
    parser.add_argument("runs", nargs="+", metavar="RUN")
    parser.add_argument("--output-dir", type=Path, default=Path("mlruns"))
    return parser


def _report(folder: Path, *, titled: bool) -> None:
    # Imported here, so that --help and a wrong argument are answered at once.
    from foundry_exp.report.console import show
    from foundry_exp.report.write import MARKDOWN_FILE, gather, write_reports

    cells = finished_cells(folder)
    if not cells:
        msg = f"{folder}: no finished run in it; its records.jsonl files hold what was measured. Run it again."
        raise StoreError(msg)
    for cell in cells:
        write_reports(cell, [cell])
    if cells != [folder]:
        write_reports(folder, cells)
    show(gather(cells), title=folder.name if titled else None)
    print(f"\nreports: {folder / MARKDOWN_FILE} (and .csv, .json beside it)")
