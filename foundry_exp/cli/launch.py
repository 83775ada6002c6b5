"""A sweep in Hydra's hands: its cells in order, each launched as one job, and a job never raises but for Ctrl-C.

A launcher such as joblib runs jobs in processes of its own. A terminal's Ctrl-C reaches all of them at once, and joblib
kills the others as soon as one of them, or the command itself, raises KeyboardInterrupt: so jobs that run are ended by
themselves, and jobs that have not begun do not begin.
"""

import copy
import functools
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from omegaconf import DictConfig

from foundry_exp.config import compose, hydra_internals, hydra_session
from foundry_exp.config.plan import plan
from foundry_exp.errors import FoundryExpError
from foundry_exp.measure.cell import Cell
from foundry_exp.records.config_json import plain
from foundry_exp.runtime.worker import Interrupts

if TYPE_CHECKING:
    from foundry_exp.run.sweep_counts import SweepCounts

COMMAND_PID = "FOUNDRY_EXP_COMMAND_PID"
_between_jobs = Interrupts()
"""How often a person asked to stop while no job ran in this process: a signal's handler belongs to no one smaller."""


def start(cells: Sequence[Cell], first: compose.Job, overrides: Sequence[str]) -> bool:
    """Hand the jobs to Hydra's launcher, set up as the command's first job says; false when a person stopped it."""
    assert isinstance(first.config, DictConfig)  # it is composed also when the others are remembered
    config = copy.deepcopy(first.config)
    config.sweep.name = cells[0].sweep_id
    planned = {cell.name: cell for cell in map(_named, cells)}

    @_stoppable
    def here(config: DictConfig) -> None:
        _measure(config, lambda: planned[config.sweep.cell])

    os.environ[COMMAND_PID] = str(os.getpid())
    _between_jobs.listen()
    try:
        every_job = {cell.overrides: plain(cell.config) for cell in planned.values()}
        with compose.ready(overrides):
            hydra_internals.launch(here, task, every_job, config, hydra_session.CONFIG_NAME)
    except KeyboardInterrupt:
        return False
    except Exception as error:  # noqa: BLE001 — a launcher whose worker died; the folders hold what was measured
        print(f"foundry_exp: the launcher ended early ({type(error).__name__}: {error})", file=sys.stderr)
    finally:
        _between_jobs.forget()
    return _between_jobs.count == 0


def _named(cell: Cell) -> Cell:
    """A cell whose config says which sweep it is part of."""
    return replace(cell, config=replace(cell.config, sweep=replace(cell.config.sweep, name=cell.sweep_id)))


def _stoppable(job: Callable[[DictConfig], None]) -> Callable[[DictConfig], None]:
    """A job that Ctrl-C reaches while it runs, and that does not begin after one."""

    @functools.wraps(job)
    def run(config: DictConfig) -> None:
        try:
            _refuse_after_ctrl_c()
            _between_jobs.forget()
            job(config)
        except KeyboardInterrupt:
            if not _in_worker():
                raise
            _between_jobs.count += 1
        finally:
            _between_jobs.listen()

    return run


def _refuse_after_ctrl_c() -> None:
    if _between_jobs.count:
        raise KeyboardInterrupt


def _in_worker() -> bool:
    """Whether this process is a launcher's, rather than that of the command."""
    return os.environ.get(COMMAND_PID, str(os.getpid())) != str(os.getpid())


@_stoppable
def task(config: DictConfig) -> None:
    """A job in a process of the launcher's, which knows nothing of the plan but this config."""
    _measure(config, lambda: plan(compose.plain(config), config.sweep.cell, config.sweep.name))


def _measure(config: DictConfig, planned: Callable[[], Cell]) -> None:
    """One Hydra job: one cell. Raises KeyboardInterrupt alone, which stops the sweep."""
    from foundry_exp import terminal  # numpy, pydantic and rich: not for --cfg or a bad option
    from foundry_exp.run import one_cell

    # Live lines of several processes would overwrite each other.
    console = terminal.progress_console(live=not _in_worker())
    try:
        cell = planned()
        result = one_cell.run(cell, console, _counts(cell.folder.parent, config.sweep.shard))
    except FoundryExpError as error:
        console.print(f"{config.sweep.cell}: {error}", style="red", markup=False)
        return
    except Exception:  # noqa: BLE001 — one cell's bug must not take the rest of the sweep with it
        console.print_exception()
        return
    if result.status == "interrupted":
        raise KeyboardInterrupt


@cache
def _counts(folder: Path, shard: str | None) -> "SweepCounts":
    """Once a process: it remembers the cells that it has read."""
    from foundry_exp.run import sweep_folder

    return sweep_folder.counts(folder, shard)
