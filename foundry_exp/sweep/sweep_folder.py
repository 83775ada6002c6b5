"""A sweep's folder: made or opened, held by one command at a time, with its plan written before anything starts."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from foundry_exp import disk, planned
from foundry_exp.cell.plan import Cell
from foundry_exp.errors import ConfigError, StoreError
from foundry_exp.machine import owned_lock
from foundry_exp.machine.owned_lock import BusyError
from foundry_exp.planned import PLAN_FILE, Plan, PlannedCell
from foundry_exp.sweep import resume, standing
from foundry_exp.sweep.headway import Headway

LOCK_FILE = ".sweep.lock"


@contextmanager
def opened(cells: Sequence[Cell], order: str, command: Sequence[str]) -> Iterator[list[Cell]]:
    """Hold the folder, write the plan, and give the cells that are still to be measured.

    Raises ConfigError when the name is taken, is not said, or belongs to a sweep of other settings.
    """
    folder = cells[0].folder.parent
    asked = cells[0].config["sweep"]
    if asked["resume"] and not asked["name"]:
        standing.refuse_nameless(folder.parent)
    _make(folder, asked)
    with _alone(folder):
        before = planned.read(folder)
        known = before.fingerprints if before else {}
        for cell in cells:
            resume.refuse_changed(cell, known.get(cell.name))
        due = [cell for cell in cells if resume.is_due(cell)]
        planned.write(folder, planned.joined(before, _plan(cells, due, order, command)))
        yield due


def headway(folder: Path) -> Headway:
    """The cells of the latest command in a sweep's folder, which began when it wrote the plan."""
    plan = planned.read(folder)
    since_ns = (folder / PLAN_FILE).stat().st_mtime_ns
    return Headway([folder / name for name in plan.due] if plan else [], since_ns)


def _make(folder: Path, asked: dict[str, Any]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=asked["resume"])
        disk.sync_folder(folder.parent)
    except FileExistsError as error:
        plan = planned.read(folder) if folder.is_dir() else None
        found = f" ({standing.of(folder, plan)})" if plan else ""
        msg = f"sweep.name: {folder} exists{found}; go on with it by adding sweep.resume=true, or choose another name."
        raise ConfigError(msg) from error
    except OSError as error:
        msg = f"{folder}: cannot be made ({error.strerror}); free some disk space, or set output_dir."
        raise StoreError(msg) from error


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    try:
        with owned_lock.held(folder / LOCK_FILE, {"sweep": folder.name}):
            yield
    except BusyError as error:
        msg = f"sweep.name: {folder.name} is running, {error}; wait for it to end, or choose another name."
        raise ConfigError(msg) from error


def _plan(cells: Sequence[Cell], due: Sequence[Cell], order: str, command: Sequence[str]) -> Plan:
    return Plan(
        name=cells[0].sweep_id,
        started_at=datetime.now(UTC).isoformat(timespec="seconds"),
        order=order,
        command=tuple(command),
        cells=tuple(
            PlannedCell(cell.name, cell.config["sweep"]["repeat"], cell.fingerprint, cell.overrides) for cell in cells
        ),
        due=tuple(cell.name for cell in due),
    )
