"""sweep.json: what a sweep is to measure and in which order, written before it starts, so that any kill leaves it."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from foundry_exp import disk, planned, store
from foundry_exp.errors import ConfigError, StoreError
from foundry_exp.sweep import resume

LEDGER_FILE = planned.PLAN_FILE


@dataclass(frozen=True, slots=True)
class PlannedCell:
    """One cell of a sweep."""

    name: str
    repeat: int
    fingerprint: str
    overrides: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ledger:
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

    @property
    def fingerprints(self) -> dict[str, str]:
        """Cell name to the identity of its measurement."""
        return {cell.name: cell.fingerprint for cell in self.cells}

    @property
    def resume_command(self) -> str:
        """The command line that goes on with it."""
        return planned.resume_command(self.command, self.name)


def write(folder: Path, ledger: Ledger) -> None:
    """Replace a sweep's plan."""
    disk.write_whole(folder / LEDGER_FILE, json.dumps(asdict(ledger), indent=1, ensure_ascii=False) + "\n")


def read(folder: Path) -> Ledger | None:
    """A sweep's plan; null when the folder has none."""
    path = folder / LEDGER_FILE
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        cells = tuple(PlannedCell(**{**cell, "overrides": tuple(cell["overrides"])}) for cell in content["cells"])
        listed = {key: tuple(content[key]) for key in ("command", "due")}
        return Ledger(**{**content, **listed, "cells": cells})
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        msg = f"{path}: not the plan of a sweep ({error!r}); choose another sweep.name."
        raise StoreError(msg) from error


def joined(before: Ledger | None, now: Ledger) -> Ledger:
    """The plan of a resumed sweep: what is planned now, then what was planned before and is not asked for again."""
    if before is None:
        return now
    names = {cell.name for cell in now.cells}
    kept = tuple(cell for cell in before.cells if cell.name not in names)
    return replace(now, started_at=before.started_at, cells=(*now.cells, *kept))


def refuse_nameless(runs: Path) -> None:
    """Raise ConfigError listing what could be resumed."""
    lines = list(_unfinished(runs))
    rest = f"unfinished in {runs}:\n" + "\n".join(lines) if lines else f"none in {runs} is unfinished."
    msg = f"sweep.resume: which sweep is not said, got sweep.name=null; add sweep.name=…; {rest}"
    raise ConfigError(msg)


def _unfinished(runs: Path) -> Iterator[str]:
    for path in sorted(runs.glob(f"*/{LEDGER_FILE}")):
        try:
            ledger = read(path.parent)
            if ledger and (left := len(ledger.cells) - finished(path.parent, ledger)):
                yield f"  {standing(path.parent, ledger)}, {left} left:\n    {ledger.resume_command}"
        except StoreError as error:  # one broken folder hides no other
            yield f"  {error}"


def standing(folder: Path, ledger: Ledger) -> str:
    """How far a sweep is, and when something last happened in it."""
    last = datetime.fromtimestamp(_last_change_s(folder, ledger), UTC)
    done = f"{finished(folder, ledger)} of {len(ledger.cells)} cells done"
    return f"{ledger.name}: {done}, last active {last:%Y-%m-%d %H:%M} UTC"


def finished(folder: Path, ledger: Ledger) -> int:
    """Cells that a resumed sweep would not measure again."""
    return sum(resume.state(folder / cell.name) in ("finished", "failed") for cell in ledger.cells)


def _last_change_s(folder: Path, ledger: Ledger) -> float:
    files = [folder / LEDGER_FILE, *_written(folder, [cell.name for cell in ledger.cells])]
    return max(path.stat().st_mtime for path in files)


def _written(folder: Path, names: Sequence[str]) -> Iterable[Path]:
    candidates = (folder / name / file for name in names for file in (store.RECORDS_FILE, store.RESULT_FILE))
    return (path for path in candidates if path.exists())
