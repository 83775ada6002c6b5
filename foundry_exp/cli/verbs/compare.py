"""`compare RUN RUN…`: what differs between runs by more than chance, in words, with intervals."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from foundry_exp import terminal
from foundry_exp.cli.verb_arguments import is_setting
from foundry_exp.cli.verbs import compare_judge
from foundry_exp.errors import BackendError, ConfigError

if TYPE_CHECKING:
    from foundry_exp.decide.compare import Comparison
    from foundry_exp.decide.preferences import Preferences
    from foundry_exp.scores.judge.pairwise.judge import PairwiseJudge

USAGE = """python -m foundry_exp compare RUN [RUN…] [--judge [key=value…]] [--force] [--json]
                                     [--markdown FILE] [--output-dir DIR] [--uri URI]"""
HELP = f"""\
usage: {USAGE}

Compare measured cells in pairs: how many times slower, how many points better, with a 95 %
interval, and what could not be told apart. Nothing is measured, and no run is changed.

  RUN               a run folder, a run or sweep id, `last`, or an MLflow run id; of a sweep, all
                    its cells. Cells that were repeated (sweep.repeats) count as one candidate
  --judge           let a second model say which of two answers to a prompt is better: each pair in
                    both orders, and only what it names in both is a win. What it says is kept in
                    DIR/judges/, and asked for once
  key=value         of the judge: what scorer.judge and its groups take, and offline=true
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
  python -m foundry_exp compare last --judge model@scorer.judge.model=phi-4-mini

exit codes: 0 compared · 1 a run cannot be read, or the judge cannot be asked · 2 nothing to
compare, or the runs differ where they must not · 130 interrupted; what was judged is kept
"""


def main(arguments: list[str]) -> int:
    """Compare every cell of the runs named."""
    options = _parser().parse_intermixed_args(arguments)
    names = [word for word in options.words if not is_setting(word)]
    settings = [word for word in options.words if is_setting(word)]
    compare_judge.refuse_unread(settings, judged=options.judge)
    if not names:
        msg = "compare: name a run, as in python -m foundry_exp compare last"
        raise ConfigError(msg)
    from foundry_exp.tracking.fetch import named

    return _compare(named(names, options.output_dir, options.uri), settings, options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="compare", usage=USAGE, add_help=False, allow_abbrev=False)
    parser.add_argument("words", nargs="*", metavar="RUN")
    parser.add_argument("--judge", action="store_true")
    parser.add_argument("--force", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--markdown", type=Path)
    parser.add_argument("--output-dir", type=Path, default=Path("mlruns"))
    parser.add_argument("--uri")
    return parser


def _compare(runs: Sequence[Path], settings: Sequence[str], options: argparse.Namespace) -> int:
    # Imported here, so that --help and a wrong argument are answered at once.
    from foundry_exp.decide.compare import compare
    from foundry_exp.report import comparison_pages
    from foundry_exp.results import candidates, comparable

    read = candidates.read(runs)
    able = [one for one in read if one.why_not is None]
    differing = comparable.mismatches(able)
    if not options.force:
        comparable.refuse(differing)
    found = compare(read, differing, options.seed)
    found = replace(found, left_out=(*candidates.absent(runs), *found.left_out))
    judge = compare_judge.judge(settings, options.output_dir, found) if options.judge else None
    if not options.json:
        print(comparison_pages.console(found), end="", flush=True)  # before the judge, which may take long
    preferred, trouble = _preferred(found, judge, options.seed) if judge else (None, None)
    _tell(found, preferred, options)
    if trouble:
        print(f"foundry_exp: not judged: {trouble} What was judged is kept.", file=sys.stderr)
    return 1 if trouble or (preferred and preferred.stopped) else 0


def _preferred(
    found: "Comparison", judge: "PairwiseJudge", seed: int
) -> "tuple[Preferences, None] | tuple[None, BackendError]":
    """What the judge says of each pair, or why it cannot be asked."""
    from foundry_exp.decide.preferences import preferences

    try:
        return preferences(found.pairs, judge, seed), None
    except BackendError as error:
        return None, error
    except KeyboardInterrupt:
        print("What was judged is kept; the same command asks for the rest.", file=sys.stderr)
        raise


def _tell(found: "Comparison", preferred: "Preferences | None", options: argparse.Namespace) -> None:
    from foundry_exp.files.disk import write_whole
    from foundry_exp.report import comparison_pages, preference_pages

    if options.markdown:
        parts = [comparison_pages.page(found), *([preference_pages.page(preferred)] if preferred else [])]
        write_whole(options.markdown, "\n".join(parts))
    if options.json:
        judged = {"preferences": preference_pages.document(preferred)} if preferred else {}
        terminal.print_json(comparison_pages.document(found) | judged)
    elif preferred:
        print(f"\n{preference_pages.console(preferred)}", end="")
