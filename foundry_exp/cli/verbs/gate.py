"""`gate --baseline RUN --candidate RUN`: whether a candidate became worse, for CI; `gate --save PATH RUN`."""

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from foundry_exp import terminal
from foundry_exp.cli import verb_arguments
from foundry_exp.cli.verb_arguments import Options
from foundry_exp.errors import ConfigError
from foundry_exp.exit_codes import FAILED, GATE_FAILED

if TYPE_CHECKING:
    from foundry_exp.decide.gate_side import GateSide
    from foundry_exp.records.decision import Gate

TAG_NAME = re.compile(r"[A-Za-z0-9._-]+")
EXIT_CODES = {"passed": 0, "inconclusive": FAILED, "failed": GATE_FAILED}

HELP = """\
usage: python -m foundry_exp gate --baseline RUN --candidate RUN [key=value…]
       python -m foundry_exp gate --save PATH RUN [key=value…]
       python -m foundry_exp gate --tag NAME RUN

Say whether a candidate is worse than its baseline by more than is accepted. Each side is one
cell measured several times in fresh processes (sweep.repeats=5); the thresholds are in
conf/gate/.

  --baseline RUN    a run folder, a run or sweep id, `last`, an MLflow run id, `tag:NAME` (MLflow
                    runs whose tag foundry.baseline is NAME; tag:KEY=VALUE for another tag), or a
                    baseline file (.json); several may be given where repeats lie in several runs
  --candidate RUN   the same, but for a baseline file
  --save PATH RUN   write a baseline for git: figures of each repeat and the greedy answers
  --tag NAME RUN    make RUN's MLflow runs the baseline tag:NAME; those that were it before are it
                    no longer
  --rules NAME      an option of conf/gate/ (default: default)
  --junit FILE      write a JUnit XML file
  --markdown FILE   write a Markdown summary
  --force           compare although prompts, settings, power or machine differ, and say so
  --json            print the outcome as JSON
  --output-dir DIR  where runs/ lies (default: mlruns)
  --uri URI         the MLflow store that runs are looked up in (default: DIR/mlflow.db)
  key=value         another rule, as in tolerances.e2e_ms=0.05 or outputs=fail
  --seed N          of the exchanges between the sides, where too many for all (default: 0)
  -h, --help        this text

examples:
  python -m foundry_exp gate --save baseline.json last
  python -m foundry_exp gate --baseline baseline.json --candidate last --junit gate.xml
  python -m foundry_exp gate --tag release last

exit codes: 0 passed · 100 failed · 1 inconclusive, or a run cannot be read · 2 no pair to
compare
"""


def main(arguments: list[str]) -> int:
    """Gate a candidate, or save a baseline."""
    options = verb_arguments.parser("gate", HELP, runs="*", rules="default", seed=0).parse_intermixed_args(
        arguments, Options()
    )
    rules, runs = _rules(options)
    if options.save:
        return _save(options.save, _side(runs, rules, options))
    if options.tag:
        return _tag(options.tag, runs, rules, options)
    if runs or not options.baseline or not options.candidate:
        msg = "gate: needs --baseline RUN and --candidate RUN, or --save PATH RUN, or --tag NAME RUN; see gate --help."
        raise ConfigError(msg)
    return _gate(rules, options)


def _rules(options: Options) -> "tuple[Gate, list[str]]":
    """The composed rules, and the runs that stand alone; key=value may also follow --baseline and --candidate."""
    from foundry_exp.config import compose
    from foundry_exp.records.decision import Gate

    settings = []
    for arguments in (options.runs, options.baseline or [], options.candidate or []):
        arguments[:], given = verb_arguments.runs_and_settings(arguments)
        settings += given
    return compose.section(Gate, options.rules, settings), options.runs


def _side(names: Sequence[str], rules: "Gate", options: Options) -> "GateSide":
    from foundry_exp.decide import gate_side

    if len(names) == 1 and gate_side.is_baseline(names[0]):
        return gate_side.load_baseline(Path(names[0]))
    from foundry_exp.results import candidates

    runs = _runs(names, options)
    return gate_side.side(candidates.read(runs, together=True), runs[0].name, rules.statistic)


def _runs(names: Sequence[str], options: Options) -> list[Path]:
    from foundry_exp.tracking.fetch import named

    if not names:
        msg = "gate: name the run that the baseline is made of, as in gate --save baseline.json last"
        raise ConfigError(msg)
    return named(names, options.output_dir, options.uri)


def _save(path: Path, side: "GateSide") -> int:
    from foundry_exp.decide import gate_side

    if not side.runs:
        msg = f"{path}: not written, {side.label} has no measured run ({'; '.join(side.broken)})."
        raise ConfigError(msg)
    gate_side.save_baseline(path, side)
    print(f"{path}: {side.label}, {side.runs} runs, {len(side.outputs)} answers")
    return 0


def _tag(tag: str, names: Sequence[str], rules: "Gate", options: Options) -> int:
    from foundry_exp.decide import gate_side
    from foundry_exp.results import candidates
    from foundry_exp.tracking.fetch import give_tag

    if not TAG_NAME.fullmatch(tag):
        msg = f"--tag: letters, digits, dots, dashes and underscores make a name, got {tag!r}."
        raise ConfigError(msg)
    runs = _runs(names, options)
    read = candidates.read(runs, together=True)
    side = gate_side.side(read, runs[0].name, rules.statistic)
    cells = [figures.cell for one in read for figures in (*one.cells, *one.without)]
    count, gone = give_tag(tag, cells, options.output_dir, options.uri)
    before = f"; {gone} that were it before are it no longer" if gone else ""
    print(f"tag:{tag} is {side.label}, {count} MLflow runs{before}")
    return 0


def _gate(rules: "Gate", options: Options) -> int:
    from foundry_exp.decide.gate import gate
    from foundry_exp.files.disk import write_whole
    from foundry_exp.report import gate_pages

    before, after = (_side(names or (), rules, options) for names in (options.baseline, options.candidate))
    outcome = gate(before, after, rules, force=options.force, seed=options.seed)
    for path, text in ((options.junit, gate_pages.junit), (options.markdown, gate_pages.page)):
        if path:
            write_whole(path, text(outcome))
    if options.json:
        terminal.print_json(gate_pages.document(outcome))
    else:
        print(gate_pages.console(outcome), end="")
    if outcome.verdict == "failed":
        print(f"foundry_exp: {gate_pages.title(outcome)}", file=sys.stderr)
    return EXIT_CODES[outcome.verdict]
