"""`compare RUN RUN…`: what differs between runs by more than chance, in words, with intervals."""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from foundry_exp import terminal

USAGE = """python -m foundry_exp compare RUN [RUN…] [--force] [--json] [--markdown FILE]
                                     [--output-dir DIR] [--uri URI]"""
HELP = f"""\
usage: {USAGE}

Compare measured cells in pairs: how many times slower, how many points better, with a 95 %
interval, and what could not be told apart. Nothing is measured.

  RUN               a run folder, a run or sweep id, `last`, or an MLflow run id; of a sweep, all
                    its cells. Cells that were repeated (sweep.repeats) count as one candidate
  --force           compare although prompts, rubric, settings, concurrency, runtime, power or
                    machine differ, and say so
  --seed N          of the bootstrap (default: 0)
  --json            print the comparison as JSON
  --markdown FILE   write it as Markdown
  --output-dir DIR  where runs/ lies (default: mlruns)
  --uri URI         the MLflow store that a run id is looked up in (default: DIR/mlflow.db)
  -h, --help        this text

examples:
  python -m foundry_exp compare last
  python -m foundry_exp compare 20261201-120000-ab12 20261208-090000-cd34 --markdown comparison.md

exit codes: 0 compared · 1 a run cannot be read · 2 nothing to compare, or the runs differ where
they must not
"""


def main(arguments: list[str]) -> int:
    """Compare every cell of the runs named."""
    options = _parser().parse_args(arguments)
    from foundry_exp.tracking.fetch import named

    _compare(named(options.runs, options.output_dir, options.uri), options)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="compare", usage=USAGE, add_help=False, allow_abbrev=False)
    parser.add_argument("runs", nargs="+", metavar="RUN")
    parser.add_argument("--force", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--markdown", type=Path)
    parser.add_argument("--output-dir", type=Path, default=Path("mlruns"))
    parser.add_argument("--uri")
    return parser


def _compare(runs: Sequence[Path], options: argparse.Namespace) -> None:
    # Imported here, so that --help and a wrong argument are answered at once.
    from foundry_exp.decide import candidates, comparable, comparison_pages
    from foundry_exp.decide.compare import compare
    from foundry_exp.disk import write_whole

    read = candidates.read(runs)
    able = [one for one in read if one.why_not is None]
    differing = comparable.mismatches(able)
    if not options.force:
        comparable.refuse(differing)
    found = compare(read, differing, options.seed)
    found = replace(found, left_out=(*candidates.absent(runs), *found.left_out))
    if options.markdown:
        write_whole(options.markdown, comparison_pages.page(found))
    if options.json:
        terminal.print_json(comparison_pages.document(found))
    else:
        print(comparison_pages.console(found), end="")
