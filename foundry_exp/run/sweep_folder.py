"""A sweep's folder: made or opened, held by one command at a time, with its plan written before anything starts.

Machines share a sweep by `sweep.shard=2/5`: every fifth cell of the plan from the second. Each shard holds a lock.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from foundry_exp.errors import ConfigError, StoreError
from foundry_exp.files import disk
from foundry_exp.measure.cell import Cell
from foundry_exp.records import sweep_plan
from foundry_exp.records.config_sections import Sweep
from foundry_exp.records.sweep_plan import PLAN_FILE, Plan, PlannedCell
from foundry_exp.run import resume
from foundry_exp.run.sweep_counts import SweepCounts
from foundry_exp.runtime.machine import owned_lock
from foundry_exp.runtime.machine.owned_lock import BusyError

Item = TypeVar("Item")
LOCK_FILE = ".sweep.lock"
_PLAN_WAIT_S, _LOOK_AGAIN_S = 60.0, 0.1
"""For another shard that writes the plan."""


@contextmanager
def opened(cells: Sequence[Cell], order: str, command: Sequence[str]) -> Iterator[list[Cell]]:
    """Hold the folder, or this command's shard of it, write the plan, and give the cells that are to be measured here.

    Raises ConfigError when the name is taken, is not said, or belongs to a sweep of other settings.
    """
    folder = cells[0].folder.parent
    settings = cells[0].config.sweep
    if settings.resume and not settings.name:
        resume.refuse_nameless(folder.parent)
    _make(folder, settings)
    lock = _lock_of(settings.shard)
    with _alone(folder, lock):
        if settings.shard:
            (folder / lock).touch()  # when it began, for what it counts
        with _alone(folder, LOCK_FILE, _PLAN_WAIT_S) if settings.shard else nullcontext():
            _refuse_others(folder, settings.shard)
            due = _planned(cells, order, command)
        with _end_noted(folder, settings.shard):
            yield due


def _planned(cells: Sequence[Cell], order: str, command: Sequence[str]) -> list[Cell]:
    """Write the whole plan; the cells that are still to be measured by this command."""
    folder = cells[0].folder.parent
    before = sweep_plan.read(folder)
    planned = before.fingerprints if before else {}
    for cell in cells:
        resume.refuse_changed(cell, planned.get(cell.name))
    due = [cell for cell in part(cells, cells[0].config.sweep.shard) if resume.is_due(cell)]
    for cell in due:
        resume.refuse_other_model(cell)
    sweep_plan.write(folder, sweep_plan.joined(before, _plan(cells, due, order, command)))
    return due


def in_shard(cells: Sequence[Item], settings: Sweep) -> list[Item]:
    """What a command is to measure; raises ConfigError for a shard that cannot be one of this sweep."""
    shard = settings.shard
    if shard is None:
        return list(cells)
    if not settings.name or not settings.resume:
        msg = f"sweep.shard: {shard} is of a sweep that others measure too; add its sweep.name=… and sweep.resume=true."
        raise ConfigError(msg)
    number, shards = (int(text) for text in shard.split("/"))
    if not number <= shards <= len(cells):
        msg = f"sweep.shard: got {shard} of {len(cells)} cells; use 1/N to N/N, with N at most {len(cells)}."
        raise ConfigError(msg)
    return part(cells, shard)


def part(items: Sequence[Item], shard: str | None) -> list[Item]:
    """Those of a sweep's cells, in its order, that belong to a shard; all of them without one."""
    number, shards = (int(text) for text in (shard or "1/1").split("/"))
    return list(items[number - 1 :: shards])


def counts(folder: Path, of_shard: str | None) -> SweepCounts:
    """The cells of the latest command in a sweep's folder, which began when it wrote the plan, or of a shard's."""
    plan = sweep_plan.read(folder)
    if plan and of_shard:  # others write the plan too
        names = [cell.name for cell in plan.cells]
        own = part(names, of_shard)
        others = set(names) - set(own)
        since_ns = (folder / _lock_of(of_shard)).stat().st_mtime_ns
        return SweepCounts(
            [folder / name for name in own],
            since_ns,
            [folder / name for name in names if name in others],
            _ended_ns(folder, of_shard) + 1,
        )
    since_ns = (folder / PLAN_FILE).stat().st_mtime_ns
    return SweepCounts([folder / name for name in plan.due] if plan else [], since_ns)


@contextmanager
def _end_noted(folder: Path, of_shard: str | None) -> Iterator[None]:
    """Date a file with the end of a command: what has failed by then does not stop the one that resumes it."""
    try:
        yield
    finally:
        with suppress(OSError):  # then the resumed command skips, says why, and the one after it measures
            (folder / _end_file(_lock_of(of_shard))).touch()


def _ended_ns(folder: Path, of_shard: str) -> int:
    """When this shard's command last ended, or one of another division, which never runs beside it; 0 if none did."""
    own, beside = _end_file(_lock_of(of_shard)), _end_file(f"-of-{of_shard.partition('/')[2]}.lock")
    files = folder.glob(_end_file(".sweep*.lock"))
    ends = (file.stat().st_mtime_ns for file in files if file.name == own or not file.name.endswith(beside))
    return max(ends, default=0)


def _make(folder: Path, settings: Sweep) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=settings.resume)
        disk.sync_folder(folder.parent)
    except FileExistsError as error:
        plan = sweep_plan.read(folder) if folder.is_dir() else None
        how_far = f" ({resume.how_far(folder, plan)})" if plan else ""
        msg = (
            f"sweep.name: {folder} exists{how_far}; go on with it by adding sweep.resume=true, or choose another name."
        )
        raise ConfigError(msg) from error
    except OSError as error:
        msg = f"{folder}: cannot be made ({error.strerror}); free some disk space, or set output_dir."
        raise StoreError(msg) from error


@contextmanager
def _alone(folder: Path, lock: str, limit_s: float = 0.0) -> Iterator[None]:
    try:
        with owned_lock.held(folder / lock, {"sweep": folder.name}, limit_s, _rest):
            yield
    except BusyError as error:
        msg = f"sweep.name: {folder.name} is running, {error}; wait for it to end, or choose another name."
        raise ConfigError(msg) from error


def _rest(_: str) -> bool:
    time.sleep(_LOOK_AGAIN_S)
    return True


def _lock_of(of_shard: str | None) -> str:
    return f".sweep-{of_shard.replace('/', '-of-')}.lock" if of_shard else LOCK_FILE


def _end_file(lock: str) -> str:
    return f"{lock.removesuffix('.lock')}.ended"


def _refuse_others(folder: Path, of_shard: str | None) -> None:
    """No command may measure a cell that one of another division is at: each shard holds a lock while it runs."""
    alike = f"-of-{of_shard.partition('/')[2]}.lock" if of_shard else None
    for file in folder.glob(".sweep-*-of-*.lock"):
        if not alike or not file.name.endswith(alike):
            with _alone(folder, file.name):
                pass


def _plan(cells: Sequence[Cell], due: Sequence[Cell], order: str, command: Sequence[str]) -> Plan:
    return Plan(
        name=cells[0].sweep_id,
        started_at=datetime.now(UTC).isoformat(timespec="seconds"),
        order=order,
        command=tuple(command),
        cells=tuple(
            PlannedCell(cell.name, cell.config.sweep.repeat, cell.fingerprint, cell.overrides) for cell in cells
        ),
        due=tuple(cell.name for cell in due),
    )
