"""Hydra's launch: each job runs one planned cell, and a job never raises but for Ctrl-C."""

import json
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from secrets import token_hex

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from foundry_exp import compose, data
from foundry_exp.errors import FoundryExpError
from foundry_exp.plan import Cell, plan

SWEEP_ID = "FOUNDRY_EXP_SWEEP_ID"
CELL_NAMES = "FOUNDRY_EXP_CELL_NAMES"
"""The environment is the one channel that reaches jobs under every Hydra launcher."""


def plan_all(every_job: Sequence[compose.Job]) -> list[Cell]:
    """Check every cell before the first one starts."""
    sweep_id = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{token_hex(2)}"
    named = zip(compose.cell_names(every_job), every_job, strict=True)
    return [plan(compose.plain(job.config), name, sweep_id) for name, job in named]


def launch(cells: Sequence[Cell], overrides: Sequence[str], *, multirun: bool) -> bool:
    """Hand the jobs to Hydra's launcher; false when a person stopped it."""
    os.environ[SWEEP_ID] = cells[0].sweep_id
    os.environ[CELL_NAMES] = json.dumps([cell.name for cell in cells])
    extra = compose.search_path_override(compose.user_conf())
    sys.argv = ["foundry_exp", *(["--multirun"] if multirun else []), *overrides, *extra]
    try:
        hand_to_hydra()
    except KeyboardInterrupt:
        return False
    return True


def hand_to_hydra() -> None:
    """Let Hydra read the command line: it composes, launches, or prints what was asked of it."""
    conf = str(data.shipped("conf"))
    hydra.main(version_base=compose.VERSION_BASE, config_path=conf, config_name=compose.CONFIG_NAME)(task)()


def task(config: DictConfig) -> None:
    """One Hydra job: one cell. Raises KeyboardInterrupt alone, which stops the sweep."""
    from rich.console import Console

    from foundry_exp import experiment  # numpy, pydantic and rich: not for --cfg or a bad option

    job = HydraConfig.get().job
    number = 0 if OmegaConf.is_missing(job, "num") else int(job.num)
    name = json.loads(os.environ[CELL_NAMES])[number]
    console = Console(stderr=True)
    try:
        result = experiment.run(plan(compose.plain(config), name, os.environ[SWEEP_ID]), console)
    except FoundryExpError as error:
        console.print(f"{name}: {error}", style="red", markup=False)
        return
    except Exception:  # noqa: BLE001 — one cell's bug must not take the rest of the sweep with it
        console.print_exception()
        return
    if result.status == "interrupted":
        raise KeyboardInterrupt
