"""sweep.json: what a sweep is to measure and in which order, written before it starts, so that any kill leaves it."""

import json
import shlex
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from foundry_exp.errors import StoreError
from foundry_exp.files import disk
from foundry_exp.records.record_json import NotTheRecordError, from_json, plain
from foundry_exp.records.version import Format

PLAN_FILE = "sweep.json"
PLAN_FORMAT = Format("the plan of a sweep", 1)


@dataclass(frozen=True, slots=True)
class PlannedCell:
    """One cell of a sweep."""

    name: str
    repeat: int
    fingerprint: str
    overrides: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of a sweep, with the command that resumes it."""

    name: str
    started_at: str
    """UTC, ISO 8601."""
    order: str
    """The rule of the cells' order, in words."""
    command: tuple[str, ...]
    cells: tuple[PlannedCell, ...]
    due: tuple[str, ...]
    """The cells that the latest command was to measure."""
    schema_version: int = PLAN_FORMAT.version

    @property
    def fingerprints(self) -> dict[str, str]:
        """Cell name to the identity of its measurement, in the order of the plan."""
        return {cell.name: cell.fingerprint for cell in self.cells}

    @property
    def resume_command(self) -> str:
        """The command line that goes on with it."""
        asked = [text for text in self.command if not text.startswith(("sweep.name=", "sweep.resume=", "sweep.shard="))]
        return shlex.join(["python", "-m", "foundry_exp", *asked, f"sweep.name={self.name}", "sweep.resume=true"])


def write(folder: Path, plan: Plan) -> None:
    """Replace a sweep's plan."""
    disk.write_whole(folder / PLAN_FILE, json.dumps(plain(plan), indent=1, ensure_ascii=False) + "\n")


def read(folder: Path) -> Plan | None:
    """A sweep's plan; null when the folder has none."""
    path = folder / PLAN_FILE
    try:
        plan: Plan = from_json(Plan, PLAN_FORMAT.current_json(disk.read_bytes(path), path))
    except FileNotFoundError:
        return None
    except NotTheRecordError as error:
        msg = (
            f"{path}: not the plan of a sweep ({error}); move it away to read the cells without it, "
            "or choose another sweep.name to measure."
        )
        raise StoreError(msg) from error
    return plan


def joined(before: Plan | None, now: Plan) -> Plan:
    """The plan of a resumed sweep: what is planned now, then what was planned before and is not asked for again."""
    if before is None:
        return now
    names = {cell.name for cell in now.cells}
    earlier = tuple(cell for cell in before.cells if cell.name not in names)
    return replace(now, started_at=before.started_at, cells=(*now.cells, *earlier))


def in_order(sweep: Path, cells: Iterable[Path]) -> list[Path]:
    """Cells of a sweep in the order of its plan; what it does not name comes last, by name."""
    plan = read(sweep)
    places = {cell.name: place for place, cell in enumerate(plan.cells)} if plan else {}
    return sorted(cells, key=lambda cell: (places.get(cell.name, len(places)), cell.name))


def way_on(folder: Path) -> str:
    """What to do about a sweep, or a cell of one, that has no result."""
    plan = read(folder)
    if plan is None:
        above = read(folder.parent)
        plan = above if above and folder.name in above.fingerprints else None
    return f"Go on with: {plan.resume_command}" if plan else "Run it again."
