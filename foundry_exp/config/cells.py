"""Every cell of a command, checked, named for what sets its job apart, and put in order before the first one starts."""

import random
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from secrets import token_hex

from foundry_exp.config.compose import Job
from foundry_exp.config.plan import plan
from foundry_exp.measure.cell import Cell
from foundry_exp.records.config_sections import Sweep

_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|\Z)", re.IGNORECASE)
"""Device names, which Windows opens instead of a file."""


def plan_all(every_job: Sequence[Job]) -> list[Cell]:
    """Check every cell before the first one starts; in the order in which they run."""
    configs = [job.plain for job in every_job]
    sweep_id = str(configs[0]["sweep"]["name"] or f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{token_hex(2)}")
    jobs = zip(cell_names(every_job), every_job, configs, strict=True)
    cells = [replace(plan(config, name, sweep_id), overrides=_task_overrides(job)) for name, job, config in jobs]
    return _in_order(cells, cells[0].config.sweep)


def cell_names(every_job: Sequence[Job]) -> list[str]:
    """A folder name a cell, from what differs between the jobs; or the model's option when there is one job."""
    first = every_job[0].config
    if len(every_job) == 1 and not isinstance(first, dict):
        return [folder_name(str(first.hydra.runtime.choices["model"]))]
    pairs = [dict(text.split("=", 1) for text in job.overrides if "=" in text) for job in every_job]
    keys = dict.fromkeys(key for pair in pairs for key in pair)
    swept = [key for key in keys if len({pair.get(key) for pair in pairs}) > 1]
    names = [folder_name("-".join(_name_part(key, pair[key]) for key in swept if key in pair)) for pair in pairs]
    if len({name.casefold() for name in names}) < len(names):  # to most file systems but Linux's, A is a
        return [f"{number:03d}-{name}" for number, name in enumerate(names)]
    return names


def folder_name(text: str) -> str:
    """A name that any file system takes, made from what the user chose; never holds `=` or a separator."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-.")[:80].rstrip("-.") or "cell"
    return f"cell-{name}" if _RESERVED.match(name) else name


def rule_of_order(settings: Sweep) -> str:
    """How the cells are ordered, in words."""
    how = f"shuffled with sweep.seed={settings.seed}" if settings.order == "shuffled" else "as planned"
    if settings.repeats == 1:
        return f"{how}."
    anew = ", anew each time" if settings.order == "shuffled" else ""
    return f"{settings.repeats} times every cell in turn (A B A B), {how}{anew}."


def _name_part(key: str, value: str) -> str:
    """`demo-small` for a model, `streaming-on` for what needs its name, `judge-model-phi-4-mini` for a part's part."""
    if key in ("model", "model.alias", "prompts"):
        return value
    place = key.lstrip("+").rpartition("@")[2].split(".")
    return f"{'-'.join(place[-2:] if '@' in key else place[-1:])}-{value}"


def _task_overrides(job: Job) -> tuple[str, ...]:
    """Those that do not speak to Hydra: its launcher adds the others to every job itself."""
    return tuple(text for text in job.overrides if not text.lstrip("+~").startswith(("hydra.", "hydra/")))


def _in_order(cells: Sequence[Cell], settings: Sweep) -> list[Cell]:
    """Every cell once, then every cell again (A B A B), so that heat and other drift hit all alike."""
    ordered = []
    for repeat in range(1, settings.repeats + 1):
        turn = [_repeat(cell, repeat, settings.repeats) for cell in cells]
        if settings.order == "shuffled":
            random.Random(f"{settings.seed} {repeat}").shuffle(turn)
        ordered += turn
    return ordered


def _repeat(cell: Cell, repeat: int, repeats: int) -> Cell:
    name = f"{cell.name}-r{repeat}" if repeats > 1 else cell.name
    config = replace(cell.config, sweep=replace(cell.config.sweep, repeat=repeat, cell=name))
    # Quoted, because a name may look like a number.
    own = (f"sweep.name='{cell.sweep_id}'", f"sweep.cell='{name}'", f"sweep.repeat={repeat}")
    return replace(cell, name=name, config=config, overrides=(*cell.overrides, *own))
