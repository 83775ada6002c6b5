"""The cells of a command, run and reported: what is due is measured, what an earlier command left is caught up with."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from foundry_exp import target, terminal
from foundry_exp.cli import launch, messages
from foundry_exp.config import compose
from foundry_exp.config.cells import rule_of_order
from foundry_exp.config.compose import Job
from foundry_exp.errors import ConfigError
from foundry_exp.exit_codes import INTERRUPTED
from foundry_exp.measure.cell import Cell
from foundry_exp.records.config_json import plain
from foundry_exp.records.runs import unfinished
from foundry_exp.report import console as table
from foundry_exp.report import write
from foundry_exp.report.conclude import conclusions, quality_differences
from foundry_exp.results.cell import FinishedCell, gather
from foundry_exp.run import one_cell, sweep_folder
from foundry_exp.run.engines import check_engines


def run(every_job: Sequence[Job], cells: Sequence[Cell], overrides: Sequence[str], *, multirun: bool) -> int:
    """Measure the cells that are due, report all of them, and return the exit code."""
    settings = cells[0].config.sweep
    order = rule_of_order(settings)
    plan, cells = cells, sweep_folder.in_shard(cells, settings)
    _need_what_runs_share(cells)
    command = [*(["-m"] if multirun else []), *overrides]
    where = cells[0].folder.parent if len(cells) > 1 else cells[0].folder
    with sweep_folder.opened(plan, order, command) as due:
        if not settings.shard:
            compose.remember(cells[0].folder.parent, every_job, overrides)
        one_cell.forget_that_runs_wait(cells[0].folder.parent)
        if len(cells) > 1 or settings.name:
            messages.what_comes(cells, due, order)
        completed = launch.start(due, every_job[0], overrides) if due else True
        changed: dict[Path, FinishedCell] = {}
        completed = completed and _catch_up(cells, due, changed, terminal.progress_console())
        finished = gather(one_cell.finished(cells), changed)
        if finished:
            _report(cells[0], where, finished, changed=bool(due or changed) or not completed)
    results = [cell.result for cell in finished]
    messages.what_next(cells, where, results)
    messages.how_to_go_on(cells, results)
    return one_cell.exit_code(results, len(cells), cells[0].config.max_error_rate) if completed else INTERRUPTED


def _need_what_runs_share(cells: Sequence[Cell]) -> None:
    """The tracker, the engines and the output folder: what is wrong with them is said before anything is measured."""
    config = cells[0].config
    away = target.build(plain(config.tracker), "tracker").check()
    if away:
        one_cell.say_that_runs_wait(away, str(cells[0].folder.parent), terminal.progress_console())
    check_engines(cells)
    try:
        Path(config.output_dir).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"output_dir: {config.output_dir} cannot be made ({error.strerror}); choose another folder."
        raise ConfigError(msg) from error


def _catch_up(cells: Sequence[Cell], due: Sequence[Cell], changed: dict[Path, FinishedCell], console: Console) -> bool:
    """Let scorers that waited for the last cell score, then publish what an earlier command could not.

    Adds the cells that this changed; whether nobody stopped it.
    """
    measured = {cell.name for cell in due}
    try:
        scored = one_cell.give_late_scores(cells, console)
        earlier = [cell for cell in cells if scored or cell.name not in measured]
        changed |= one_cell.publish_again(earlier, scored, console)
    except KeyboardInterrupt:
        return False
    return True


def _report(cell: Cell, where: Path, read: Sequence[FinishedCell], *, changed: bool) -> None:
    """Write the reports unless they are there and true; then show the table: of a shard, its cells alone."""
    if cell.config.sweep.shard:  # the page is of the whole sweep, of which others are measuring
        table.show(read, terminal.result_console(), quality=quality_differences(read))
        return
    if changed or not (where / write.HTML_FILE).exists():
        conclusion = one_cell.conclude(cell, where, read, terminal.progress_console())
    else:
        conclusion = conclusions(where, read)
    # Last, since whoever reads it may have enough, as `head` has: the page is drawn by then.
    left = replace(unfinished(where), resume_command=None)  # said at the end
    table.show(read, terminal.result_console(), left=left, quality=conclusion.quality)
    messages.conclusions(conclusion)
