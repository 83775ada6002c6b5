"""A sweep in Hydra's hands: its cells in order, each launched as one job, and a job never raises but for Ctrl-C."""

import copy
import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from omegaconf import DictConfig

from foundry_exp.cli import ctrl_c
from foundry_exp.config import cell_names, compose, hydra_launcher
from foundry_exp.config.plan import plan
from foundry_exp.errors import FoundryExpError
from foundry_exp.measure.cell import Cell

if TYPE_CHECKING:
    from foundry_exp.run.sweep_counts import Headway


def plan_all(every_job: Sequence[compose.Job]) -> list[Cell]:
    """Check every cell before the first one starts; in the order in which they run."""
    configs = [job.plain for job in every_job]
    settings = configs[0]["sweep"]
    sweep_id = str(settings["name"] or f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{token_hex(2)}")
    named = zip(cell_names.of(every_job), every_job, configs, strict=True)
    cells = [replace(plan(config, name, sweep_id), overrides=_task_overrides(job)) for name, job, config in named]
    return _in_order(cells, settings)


def _task_overrides(job: compose.Job) -> tuple[str, ...]:
    return tuple(text for text in job.overrides if not hydra_launcher.is_for_hydra(text))


def _in_order(cells: Sequence[Cell], settings: dict[str, Any]) -> list[Cell]:
    """Every cell once, then every cell again (A B A B), so that heat and other drift hit all alike."""
    ordered = []
    for repeat in range(1, settings["repeats"] + 1):
        turn = [_repeat(cell, repeat, settings["repeats"]) for cell in cells]
        if settings["order"] == "shuffled":
            random.Random(f"{settings['seed']} {repeat}").shuffle(turn)
        ordered += turn
    return ordered


def rule_of_order(settings: dict[str, Any]) -> str:
    """How the cells are ordered, in words."""
    how = f"shuffled with sweep.seed={settings['seed']}" if settings["order"] == "shuffled" else "as planned"
    if settings["repeats"] == 1:
        return f"{how}."
    anew = ", anew each time" if settings["order"] == "shuffled" else ""
    return f"{settings['repeats']} times every cell in turn (A B A B), {how}{anew}."


def _repeat(cell: Cell, repeat: int, of: int) -> Cell:
    name = f"{cell.name}-r{repeat}" if of > 1 else cell.name
    config = {**cell.config, "sweep": {**cell.config["sweep"], "repeat": repeat, "cell": name}}
    # Quoted, because a name may look like a number.
    own = (f"sweep.name='{cell.sweep_id}'", f"sweep.cell='{name}'", f"sweep.repeat={repeat}")
    return replace(cell, name=name, config=config, overrides=(*cell.overrides, *own))


def start(cells: Sequence[Cell], first: compose.Job, overrides: Sequence[str]) -> bool:
    """Hand the jobs to Hydra's launcher, set up as the command's first job says; false when a person stopped it."""
    assert isinstance(first.config, DictConfig)  # it is composed also when the others are remembered
    config = copy.deepcopy(first.config)
    config.sweep.name = cells[0].sweep_id
    planned = {cell.name: cell for cell in map(_named, cells)}

    @ctrl_c.stoppable
    def here(config: DictConfig) -> None:
        _measure(config, lambda: planned[config.sweep.cell])

    with ctrl_c.launched() as heard:
        try:
            every_job = {cell.overrides: cell.config for cell in planned.values()}
            hydra_launcher.launch(here, task, every_job, config, overrides)
        except KeyboardInterrupt:
            return False
        except Exception as error:  # noqa: BLE001 — a launcher whose worker died; the folders hold what was measured
            print(f"foundry_exp: the launcher ended early ({type(error).__name__}: {error})", file=sys.stderr)
    return heard.count == 0


def _named(cell: Cell) -> Cell:
    """A cell whose config says which sweep it is part of."""
    return replace(cell, config={**cell.config, "sweep": {**cell.config["sweep"], "name": cell.sweep_id}})


@ctrl_c.stoppable
def task(config: DictConfig) -> None:
    """A job in a process of the launcher's, which knows nothing of the plan but this config."""
    _measure(config, lambda: plan(compose.plain(config), config.sweep.cell, config.sweep.name))


def _measure(config: DictConfig, planned: Callable[[], Cell]) -> None:
    """One Hydra job: one cell. Raises KeyboardInterrupt alone, which stops the sweep."""
    from foundry_exp import terminal  # numpy, pydantic and rich: not for --cfg or a bad option
    from foundry_exp.run import one_cell

    # Live lines of several processes would overwrite each other.
    console = terminal.progress_console(live=not ctrl_c.in_worker())
    try:
        cell = planned()
        result = one_cell.run(cell, console, _headway(cell.folder.parent, config.sweep.shard))
    except FoundryExpError as error:
        console.print(f"{config.sweep.cell}: {error}", style="red", markup=False)
        return
    except Exception:  # noqa: BLE001 — one cell's bug must not take the rest of the sweep with it
        console.print_exception()
        return
    if result.status == "interrupted":
        raise KeyboardInterrupt


@cache
def _headway(folder: Path, shard: str | None) -> "Headway":
    """Once a process: it remembers the cells that it has read."""
    from foundry_exp.run import sweep_folder

    return sweep_folder.headway(folder, shard)
