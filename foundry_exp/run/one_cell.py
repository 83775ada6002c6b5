"""One cell from start to end, measured, summarised, scored, reported and published; and what follows the last one."""

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console

from foundry_exp import exit_codes, target
from foundry_exp.errors import StoreError, UnreachableError
from foundry_exp.files import disk
from foundry_exp.measure import attempts, summary
from foundry_exp.measure.attempts import Attempt
from foundry_exp.measure.cell import Cell
from foundry_exp.measure.outcome import Outcome
from foundry_exp.protocols import Tracker
from foundry_exp.records import record_log, run_folder
from foundry_exp.records.config_json import plain, readable
from foundry_exp.records.run_result import FAILED, WITH_FIGURES, RunResult
from foundry_exp.report import write
from foundry_exp.report.conclude import Conclusions, conclusions
from foundry_exp.results.cell import CellWithRecords, FinishedCell, read_with_records
from foundry_exp.results.cell import finished as finished_cell
from foundry_exp.run import failure_policy, progress, resume
from foundry_exp.run.engines import Engine
from foundry_exp.run.sweep_counts import SweepCounts
from foundry_exp.runtime.machine import environment
from foundry_exp.runtime.worker import OnStep
from foundry_exp.scores import score
from foundry_exp.scores.check import made
from foundry_exp.tracking import published

_WAITING = "FOUNDRY_EXP_RUNS_WAIT"
_WAITING_FILE = ".runs-wait"


def run(cell: Cell, console: Console, counts: SweepCounts) -> RunResult:
    """Measure a cell and keep everything: whatever happens to the model is a row with a status and a reason."""
    start_s = time.perf_counter()
    engine: Engine = target.build(plain(cell.config.engine), "engine")
    attempt = resume.begin(cell)
    prepare(cell)
    with progress.live_lines(cell.name, counts.now(), console, show_usage=cell.config.show_usage) as show:
        outcome = (
            failure_policy.verdict(cell, counts)
            or resume.from_records(cell, attempt)
            or cooled(cell, show)
            or engine.measure(cell, attempt, show)
        )
    done = _summarised(cell, attempt, outcome, start_s)
    counts.saw(cell.folder, done.cell.result)
    finished = give_scores([cell], {cell.folder: done}, console, waiting=False)[cell.folder].cell
    write.write_texts(cell.folder, [finished])
    publish(cell, finished, console)
    progress.print_ended(finished.result, counts.now(), console)
    return finished.result


def _summarised(cell: Cell, attempt: Attempt, outcome: Outcome, start_s: float) -> CellWithRecords:
    """Write run.json; the cell with all that is known of it, so that nobody has to read what was just written."""
    records = run_folder.read_records(cell.folder)
    started_at, duration_s, facts = attempts.end(cell.folder, attempt, time.perf_counter() - start_s)
    flagged = attempts.flagged(facts, records)
    if flagged != records:
        record_log.write_again(cell.folder, flagged)
    records, machine = flagged, environment.read(cell.folder)
    result = summary.result(cell, machine, outcome, records, started_at, duration_s, facts)
    result = run_folder.write_result(cell.folder, result)
    given = run_folder.read_scores(cell.folder)  # of a cell that was begun before
    finished = finished_cell(cell.folder, result, readable(plain(cell.config)), cell.prompts.samples, records, given)
    return CellWithRecords(finished, tuple(records), tuple(given))


def give_scores(
    cells: Sequence[Cell], runs: Mapping[Path, CellWithRecords], console: Console, *, waiting: bool
) -> dict[Path, CellWithRecords]:
    """Let the scorers of one kind at finished cells: rules at once, those that load a model after the last cell.

    A scorer that fails is said, and what it scored is kept.
    """
    scored = dict(runs)
    for name, spec, folders in score.by_scorer((cell.folder, plain(cell.config.scorer)) for cell in cells):
        scorer = made(name, spec)
        if scorer.waits is waiting:
            scoring = score.score([scored[folder] for folder in folders], name, scorer)
            scored |= {run.cell.folder: run for run in scoring.runs}
            if scoring.trouble:
                again = f"python -m foundry_exp score {folders[0].parent} scorer=[{name}]"
                rest = f"What was scored is kept. Score the rest later with: {again}"
                _complain(console, f"not scored by {name}: {scoring.trouble}", rest)
    return scored


def give_late_scores(cells: Sequence[Cell], console: Console) -> dict[Path, CellWithRecords]:
    """Let the scorers that load a model score what has ended: the cells that they had something to do with."""
    late = [cell for cell in cells if _is_finished(cell) and any(_waits(*one) for one in _scorers(cell))]
    runs = {cell.folder: read_with_records(cell.folder) for cell in late}
    return give_scores(late, runs, console, waiting=True)


def _scorers(cell: Cell) -> Iterable[tuple[str, dict[str, Any]]]:
    return ((name, plain(one)) for name, one in cell.config.scorer.items())


def _waits(name: str, spec: dict[str, Any]) -> bool:
    return made(name, spec).waits


def cooled(cell: Cell, show: OnStep) -> Outcome | None:
    """Rest for `workload.cooldown_s`; how the cell ended, if a person stopped it meanwhile."""
    rest_s = cell.config.workload.cooldown_s
    try:
        if rest_s:
            show({"step": "cooling", "seconds": rest_s})
            time.sleep(rest_s)
    except KeyboardInterrupt:
        return Outcome(ending="interrupted")
    return None


def prepare(cell: Cell) -> None:
    """Write down what is about to run; what it runs on is written by who measures."""
    disk.write_whole(
        cell.folder / run_folder.CONFIG_FILE, yaml.safe_dump(plain(cell.config), sort_keys=False, allow_unicode=True)
    )
    run_folder.write_samples(cell.folder, cell.prompts.samples)


def publish(cell: Cell, finished: FinishedCell, console: Console) -> None:
    """Send a finished cell to the tracker; a failure is said, a server that is away only once a sweep."""
    tracker: Tracker = target.build(plain(cell.config.tracker), "tracker")
    try:
        tracker.publish(finished)
        published.note(cell.folder, plain(cell.config))
    except UnreachableError as error:
        if _is_first_to_wait(cell.folder.parent):
            say_that_runs_wait(str(error), str(cell.folder.parent), console)
    except StoreError as error:
        _complain(
            console, f"not published: {error}", f"Send it later with: python -m foundry_exp publish {cell.folder}"
        )


def _complain(console: Console, sentence: str, way_out: str) -> None:
    """A path or a model's words may look like markup, and a command that is broken into lines cannot be copied."""
    console.print(sentence, style="yellow", markup=False, highlight=False, soft_wrap=True)
    console.print(f"  {way_out}", markup=False, highlight=False, soft_wrap=True)


def say_that_runs_wait(why: str, runs: str, console: Console) -> None:
    """One sentence for all the cells of a sweep, in whichever process they are measured."""
    os.environ[_WAITING] = "said"
    console.print(
        f"not published: {why}. Runs wait in their folders; send them later with: python -m foundry_exp publish {runs}",
        style="yellow", markup=False, highlight=False, soft_wrap=True,
    )  # fmt: skip


def _is_first_to_wait(sweep: Path) -> bool:
    if _WAITING in os.environ:
        return False
    try:
        (sweep / _WAITING_FILE).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def forget_that_runs_wait(sweep: Path) -> None:
    """Let a new command say it again: a server that is back may go away once more."""
    (sweep / _WAITING_FILE).unlink(missing_ok=True)


def publish_again(
    cells: Sequence[Cell], at_hand: Mapping[Path, CellWithRecords], console: Console
) -> dict[Path, FinishedCell]:
    """Score by rules, report and publish the finished cells that this was not done for as they are now.

    They were scored since, their command was killed meanwhile, or the tracker was away. Gives those, and those at hand.
    """
    left = [cell for cell in cells if _is_finished(cell) and not published.is_current(cell.folder, plain(cell.config))]
    finished = {folder: run.cell for folder, run in at_hand.items()}
    for cell in left:
        run = at_hand.get(cell.folder) or read_with_records(cell.folder)
        finished[cell.folder] = now = _scored_by_rules(cell, run, console)
        write.write_texts(cell.folder, [now])
        publish(cell, now, console)
    return finished


def _scored_by_rules(cell: Cell, run: CellWithRecords, console: Console) -> FinishedCell:
    """A cell after the scorers by rules that had not come to their end in it."""
    left = [one for one in _scorers(cell) if one[0] not in run.cell.result.scores]
    if all(_waits(*one) for one in left):
        return run.cell
    return give_scores([cell], {cell.folder: run}, console, waiting=False)[cell.folder].cell


def _is_finished(cell: Cell) -> bool:
    return (cell.folder / run_folder.RESULT_FILE).exists()


def conclude(cell: Cell, folder: Path, read: Sequence[FinishedCell], console: Console) -> Conclusions:
    """When everything is measured: the page of the run or sweep, and the tracker's view of it."""
    with console.status("drawing the report"):
        concluded = conclusions(folder, read)
        write.write_texts(folder, read, concluded)
        write.write_pages(folder, read, concluded, drawn=cell.config.draw_plots)
    tracker: Tracker = target.build(plain(cell.config.tracker), "tracker")
    try:
        tracker.conclude(folder, read)
    except UnreachableError as error:
        if _is_first_to_wait(cell.folder.parent):
            say_that_runs_wait(str(error), str(folder), console)
    except StoreError as error:
        again = f"python -m foundry_exp publish {folder}"
        _complain(console, f"comparison not published: {error}", f"Send it later with: {again}")
    return concluded


def finished(cells: Sequence[Cell]) -> list[Path]:
    """The run folders that came to an end, in the order of the plan."""
    return [cell.folder for cell in cells if _is_finished(cell)]


def exit_code(results: Sequence[RunResult], planned: int, max_error_rate: float) -> int:
    """0 when nothing failed and something was measured, 130 when interrupted, otherwise 1."""
    if len(results) < planned:
        return exit_codes.FAILED
    if any(result.status == "interrupted" for result in results):
        return exit_codes.INTERRUPTED
    if any(result.status in FAILED for result in results):
        return exit_codes.FAILED
    measured = [result for result in results if result.status in WITH_FIGURES]
    too_many = any((result.metrics["error_rate"] or 0.0) > max_error_rate for result in measured)
    return exit_codes.FAILED if too_many or not measured else 0
