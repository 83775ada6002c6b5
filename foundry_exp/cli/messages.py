"""What a command tells on the terminal beside its table: what comes, what follows from it, and what to do next."""

import sys
from collections.abc import Sequence
from pathlib import Path

from foundry_exp import terminal
from foundry_exp.files.escape import counted
from foundry_exp.measure.cell import Cell
from foundry_exp.records import sweep_plan
from foundry_exp.records.run_result import RunResult
from foundry_exp.report.conclude import Conclusions


def what_comes(cells: Sequence[Cell], due: Sequence[Cell], order: str) -> None:
    """How many cells the sweep has, how many of them are done, and the order of the rest."""
    done = f", {len(cells) - len(due)} of them done before" if len(due) < len(cells) else ""
    terminal.note(f"Sweep {cells[0].sweep_id}: {counted(len(cells), 'cell')}{done}. Order: {order}")


def conclusions(conclusion: Conclusions) -> None:
    """What is more than chance and how that is known, and which model to take."""
    differences = (*conclusion.differences, conclusion.basis) if conclusion.differences else ()
    parts = [differences, (conclusion.pick, "", *conclusion.reasons) if conclusion.pick else ()]
    for lines in filter(None, parts):
        if not terminal.is_quiet():
            print("", *lines, sep="\n")


def what_next(cells: Sequence[Cell], where: Path, finished: Sequence[RunResult]) -> None:
    """Where the results are, and what a person may want next."""
    is_part = bool(cells[0].config.sweep.shard)
    if terminal.is_quiet():
        _errors(where, finished, reported=not is_part)
        return
    if not finished:
        print(f"\nNothing was finished; what was measured is in {where}")
        return
    if is_part:
        print(f"\nThe whole sweep:           python -m foundry_exp report {cells[0].folder.parent}")
        return
    print(f"\nReport      {where / 'report.html'}")
    print(f"Everything  {where}")
    print("\nCompare in MLflow:         python -m foundry_exp ui")
    if len(cells) == 1:
        print("Two models side by side:   python -m foundry_exp -m model=demo-small,demo-large")
    print("Your own model or prompts: python -m foundry_exp --help")


def _errors(where: Path, finished: Sequence[RunResult], *, reported: bool) -> None:
    """Of `--quiet`: each cell that is not ok, and on standard output the path of the report, or of a shard's cells."""
    for result in finished:
        if result.status != "ok":
            print(f"{result.cell}: {result.status}: {result.reason}", file=sys.stderr)
    if finished:
        print(where / "report.html" if reported else where)
    else:
        print(f"Nothing was finished; what was measured is in {where}", file=sys.stderr)


def how_to_go_on(cells: Sequence[Cell], finished: Sequence[RunResult]) -> None:
    """The command line that measures the cells that are left."""
    folder = cells[0].folder.parent
    plan = sweep_plan.read(folder)
    left = len(cells) - sum(result.status != "interrupted" and not result.skip_rule for result in finished)
    if plan and left:
        unfinished = f"{left} of {counted(len(cells), 'cell')} {'is' if left == 1 else 'are'} not finished"
        print(f"\n{unfinished}. Go on with:\n  {plan.resume_command}", file=sys.stderr)
