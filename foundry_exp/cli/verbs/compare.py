"""`compare RUN RUN…`: what differs between runs by more than chance, in words, with intervals."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from foundry_exp import terminal
from foundry_exp.cli import verb_arguments
from foundry_exp.cli.verb_arguments import Options
from foundry_exp.errors import BackendError, ConfigError

if TYPE_CHECKING:
    from foundry_exp.decide.compare import Comparison
    from foundry_exp.decide.preferences import Preferences
    from foundry_exp.scores.judge.pairwise.judge import PairwiseJudge

HELP = """\
usage: python -m foundry_exp compare RUN [RUN…] [--judge [key=value…]] [--force] [--json]
                                     [--markdown FILE] [--output-dir DIR] [--uri URI]

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

_JUDGE = "scorer.judge"


def main(arguments: list[str]) -> int:
    """Compare every cell of the runs named."""
    options = verb_arguments.parser("compare", HELP, runs="*", seed=0).parse_intermixed_args(arguments, Options())
    names, settings = verb_arguments.runs_and_settings(options.runs)
    _refuse_unread(settings, judged=options.judge)
    if not names:
        msg = "compare: name a run, as in python -m foundry_exp compare last"
        raise ConfigError(msg)
    from foundry_exp.tracking.fetch import named

    return _compare(named(names, options.output_dir, options.uri), settings, options)


def _refuse_unread(settings: Sequence[str], *, judged: bool) -> None:
    """Raise ConfigError for a setting that nothing would read."""
    from foundry_exp.scores.check import HANDED_DOWN

    for text in settings:
        if not judged:
            msg = f"{text}: compare has no settings but those of a judge of pairs; add --judge, or leave it out."
            raise ConfigError(msg)
        group, _, package = text.lstrip("+~").partition("=")[0].partition("@")
        key = package or group
        if key not in HANDED_DOWN and not key.startswith((f"{_JUDGE}.", *(f"{part}." for part in HANDED_DOWN))):
            allowed = ", ".join((f"{_JUDGE}.…", *HANDED_DOWN))
            msg = f"{text}: a judge of pairs reads {allowed} only, as in model@{_JUDGE}.model=phi-4-mini."
            raise ConfigError(msg)


def _compare(runs: Sequence[Path], settings: Sequence[str], options: Options) -> int:
    # Imported here, so that --help and a wrong argument are answered at once.
    from foundry_exp.decide.compare import compare
    from foundry_exp.report import comparison_pages
    from foundry_exp.results import candidates, comparable

    read = candidates.read(runs)
    able = [one for one in read if one.why_not is None]
    differing = comparable.mismatches(able)
    if not options.force:
        comparable.refuse(differing)
    comparison = compare(read, differing, options.seed)
    comparison = replace(comparison, left_out=(*candidates.absent(runs), *comparison.left_out))
    judge = _judge(settings, options.output_dir, comparison) if options.judge else None
    if not options.json:
        print(comparison_pages.console(comparison), end="", flush=True)  # before the judge, which may take long
    preferred, trouble = _preferred(comparison, judge, options.seed) if judge else (None, None)
    _print(comparison, preferred, options)
    if trouble:
        print(f"foundry_exp: not judged: {trouble} What was judged is kept.", file=sys.stderr)
    return 1 if trouble or (preferred and preferred.stopped) else 0


def _judge(settings: Sequence[str], output_dir: Path, comparison: "Comparison") -> "PairwiseJudge":
    """The judge of pairs, which could judge what was compared; raises ConfigError when it could not."""
    from foundry_exp.config import compose, door
    from foundry_exp.records.config_json import plain
    from foundry_exp.scores.check import check, made
    from foundry_exp.scores.judge.pairwise.judge import PairwiseJudge
    from foundry_exp.scores.judge.scorer import JudgeScorer

    place = f'output_dir="{output_dir.as_posix()}"'
    every_job, _ = compose.jobs(["scorer=judge", *settings, place], multirun=False)
    composed = door.checked(every_job[0].plain)
    able = [one for one in comparison.candidates if one.why_not is None]
    naming = {sample.rubric: sample for one in able for sample in one.cells[0].cell.samples}
    section = plain(composed.scorer["judge"])
    check("judge", section, list(naming.values()))
    judge = made("judge", section)
    if not isinstance(judge, JudgeScorer):
        msg = f"{_JUDGE}: only a JudgeScorer judges pairs, got {section['_target_']}; leave your own scorer out."
        raise ConfigError(msg)
    return PairwiseJudge(judge)


def _preferred(
    comparison: "Comparison", judge: "PairwiseJudge", seed: int
) -> "tuple[Preferences, None] | tuple[None, BackendError]":
    """What the judge says of each pair, or why it cannot be asked."""
    from foundry_exp.decide.preferences import preferences

    try:
        return preferences(comparison.pairs, judge, seed), None
    except BackendError as error:
        return None, error
    except KeyboardInterrupt:
        print("What was judged is kept; the same command asks for the rest.", file=sys.stderr)
        raise


def _print(comparison: "Comparison", preferred: "Preferences | None", options: Options) -> None:
    from foundry_exp.files.disk import write_whole
    from foundry_exp.report import comparison_pages, preference_pages

    if options.markdown:
        parts = [comparison_pages.page(comparison), *([preference_pages.page(preferred)] if preferred else [])]
        write_whole(options.markdown, "\n".join(parts))
    if options.json:
        judged = {"preferences": preference_pages.document(preferred)} if preferred else {}
        terminal.print_json(comparison_pages.document(comparison) | judged)
    elif preferred:
        print(f"\n{preference_pages.console(preferred)}", end="")
