"""`score RUN…`: score the answers of finished runs again, without generating again."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from foundry_exp import terminal
from foundry_exp.cli import verb_arguments
from foundry_exp.cli.verb_arguments import Options
from foundry_exp.errors import ConfigError, StoreError
from foundry_exp.scores.check import HANDED_DOWN

if TYPE_CHECKING:
    from foundry_exp.results.cell import FinishedCell
    from foundry_exp.run.score_again import Run

HELP = """\
usage: python -m foundry_exp score RUN… [scorer=…] [tracker=…] [--output-dir DIR] [--json]

Score the answers of finished runs again. Nothing is measured or generated: answers come from
records.jsonl, and scores are added to scores.jsonl, where the latest ones count. run.json, the
reports and MLflow are brought up to date.

Facets and rubrics are read again from the prompt set's file if it still asks the same; what was
measured stays valid. Without scorer= each run is scored by its own config's scorers, and without
tracker= it is published where its own config says.

  RUN               a run folder, a run or sweep id, `last`, or an MLflow run id
  scorer=…          who scores, as for a run: scorer=[facets,judge]; keys below it, and groups
                    put into it, too
  tracker=…         where to publish; tracker=none publishes nowhere
  --output-dir DIR  where runs/ lies (default: mlruns)
  --json            print what it came to as JSON
  -h, --help        this text

examples:
  python -m foundry_exp score last
  python -m foundry_exp score last scorer=facets tracker=none --json
  python -m foundry_exp score last scorer=[judge] model@scorer.judge.model=phi-4-mini

Exit code 1 says that something was not scored or not published; what was scored is kept.
"""
READ = ("scorer", "tracker", *HANDED_DOWN)
"""The parts of a config that scoring depends on."""


def main(arguments: list[str]) -> int:
    """Score each run named: 0 when all could be, 1 when one could not, 2 when nothing was tried."""
    overrides = [override for override in arguments if "=" in override and not override.startswith("-")]
    options = verb_arguments.parser("score", HELP, runs="+").parse_args(
        [argument for argument in arguments if argument not in overrides], Options()
    )
    _refuse_unread(overrides)
    # Hydra and pydantic: not for --help or a wrong word
    from foundry_exp.records.runs import finished_cells
    from foundry_exp.run import score_again
    from foundry_exp.tracking.fetch import named

    folders = [cell for run in named(options.runs, options.output_dir) for cell in finished_cells(run)]
    if not folders:
        msg = f"{', '.join(options.runs)}: no finished run in it; its records.jsonl files hold what was measured."
        raise StoreError(msg)
    place = f'output_dir="{options.output_dir.as_posix()}"'
    runs = _planned(list(dict.fromkeys(folders)), [*overrides, place])
    went_well, cells = score_again.rescore(runs, _print_note)
    _show(cells, as_json=options.json)
    return 0 if went_well and len(runs) == len(set(folders)) else 1


def _refuse_unread(overrides: Sequence[str]) -> None:
    """Raise ConfigError for an override that scoring would silently not read."""
    for text in overrides:
        group, _, package = text.lstrip("+~").partition("=")[0].partition("@")
        if (package or group).partition(".")[0] not in READ:
            msg = f"{text}: scoring reads {', '.join(READ)} only; what was measured is not measured again."
            raise ConfigError(msg)


def _planned(folders: Sequence[Path], overrides: Sequence[str]) -> "list[Run]":
    """The runs that can be scored; others are said. What is wrong with config or prompt set stops everything."""
    from foundry_exp import target
    from foundry_exp.config import compose, door
    from foundry_exp.run import score_again

    every_job, _ = compose.jobs(overrides, multirun=False)
    composed = door.checked(every_job[0].plain)
    parts = [text.lstrip("+~").partition("=")[0] for text in overrides]
    chosen = frozenset((part.partition("@")[2] or part).partition(".")[0] for part in parts)
    runs = []
    for folder in folders:
        try:
            runs.append(score_again.refreshed(score_again.planned(folder, composed, chosen), _print_note))
        except StoreError as error:
            _print_note(str(error))
    for spec in {json.dumps(run.tracker, sort_keys=True): run.tracker for run in runs}.values():
        target.build(spec, "tracker").check()
    return runs


def _show(cells: "Sequence[FinishedCell]", *, as_json: bool) -> None:
    from foundry_exp.run import score_again

    if as_json:
        terminal.print_json([score_again.quality_of(cell) for cell in cells])
        return
    from foundry_exp.report.conclude import quality_differences
    from foundry_exp.report.console import show

    show(cells, quality=quality_differences(cells))


def _print_note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
