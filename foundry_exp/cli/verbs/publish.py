"""`publish RUN…`: send run folders to MLflow, again if need be."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from foundry_exp import terminal
from foundry_exp.cli import verb_arguments
from foundry_exp.cli.verb_arguments import Options
from foundry_exp.errors import ConfigError, StoreError
from foundry_exp.records.runs import find_run, finished_cells
from foundry_exp.tracking.mlflow_store import MlflowTracker

if TYPE_CHECKING:
    from foundry_exp.results.cell import FinishedCell

HELP = """\
usage: python -m foundry_exp publish RUN… [--output-dir DIR] [--uri URI] [--experiment NAME]
                                     [--traces] [--json]

Send finished runs to MLflow. A run that is there already is not sent again, and one that has
changed replaces what was there, so this is always safe.

  RUN                a run folder, a run or sweep id, or `last`
  --output-dir DIR   where runs/ lies (default: mlruns)
  --uri URI          sqlite:///PATH or http(s)://HOST (default: DIR/mlflow.db)
  --experiment NAME  MLflow's experiment (default: foundry_exp)
  --traces           beside each run a trace for each different answer, with its scores as feedback;
                     later changes of the run reach them without this option
  --json             print as JSON what became of each cell
  -h, --help         this text

A server's credentials are read from MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or
MLFLOW_TRACKING_TOKEN.

example:
  python -m foundry_exp publish last --uri http://mlflow.example:5000
"""


def main(arguments: list[str]) -> int:
    """Publish every cell of each run: 0 when all could be, 1 when one could not, 2 when nothing was tried."""
    options = verb_arguments.parser("publish", HELP, runs="+", experiment="foundry_exp").parse_args(
        arguments, Options()
    )
    tracker = MlflowTracker(options.uri, options.experiment, str(options.output_dir), traces=options.traces)
    try:
        runs = [find_run(name, options.output_dir) for name in options.runs]
        away = tracker.check()
    except (ConfigError, StoreError) as error:
        print(error, file=sys.stderr)
        return 2
    if away:
        print(f"{away}; the run folders are whole, publish them when it does.", file=sys.stderr)
        return 2
    outcomes: dict[str, str] = {}
    code = max(_publish_run(tracker, run, outcomes if options.json else None) for run in runs)
    if options.json:
        terminal.print_json(outcomes)
    return code


def _publish_run(tracker: MlflowTracker, run: Path, outcomes: dict[str, str] | None) -> int:
    """Print what became of each cell, or put it into `outcomes`, by the cell's folder."""
    folders = finished_cells(run)
    if not folders:
        print(f"{run}: no finished run in it, so there is nothing to publish.", file=sys.stderr)
        return 1
    cells: list[FinishedCell] = []
    code = max(_publish_cell(tracker, folder, cells, outcomes) for folder in folders)
    try:
        tracker.conclude(run, cells)
    except StoreError as error:
        print(error, file=sys.stderr)
        return 1
    return code


def _publish_cell(
    tracker: MlflowTracker, folder: Path, cells: "list[FinishedCell]", outcomes: dict[str, str] | None
) -> int:
    """Publish a cell, and add it to those that could be read."""
    from foundry_exp.results.cell import read

    try:
        cells.append(read(folder))
        outcome = tracker.publish(cells[-1])
    except StoreError as error:
        print(error, file=sys.stderr)
        if outcomes is not None:
            outcomes[str(folder)] = f"not published: {error}"
        return 1
    if outcomes is None:
        print(f"{folder.name}: {outcome}", flush=True)
    else:
        outcomes[str(folder)] = outcome
    return 0
