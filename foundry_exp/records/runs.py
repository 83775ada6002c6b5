"""Which run folders a name stands for, which of them are finished, and what of a sweep is not, with the reason."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from foundry_exp.errors import StoreError, meant
from foundry_exp.files.escape import first_few
from foundry_exp.records import sweep_plan
from foundry_exp.records.record_log import RECORDS_FILE
from foundry_exp.records.run_folder import CONFIG_FILE, RESULT_FILE

_SHOWN = 4


def find_run(name: str, output_dir: Path) -> Path:
    """The folder that a user means by a path, a run or sweep id, or `last`."""
    runs = output_dir / "runs"
    if name == "last":
        folders = [path for path in runs.glob("*") if path.is_dir()]
        if not folders:
            msg = f"{runs}: no run yet; make one with: python -m foundry_exp"
            raise StoreError(msg)
        return max(folders, key=lambda path: (_begun_ns(path), path.name))
    for folder in (Path(name), runs / name):
        if os.path.isdir(folder):  # noqa: PTH112 — Path's own raises for a name longer than a file system takes
            return folder
    ids = ["last", *(path.name for path in runs.glob("*"))]
    msg = f"{name}: no such run{meant(name, ids)}; give a run folder, an id under {runs}, or `last`."
    raise StoreError(msg)


def _begun_ns(folder: Path) -> int:
    """When the last cell in the folder was begun: a sweep's name need not be a time, and reports come later."""
    begun = [file.stat().st_mtime_ns for file in folder.glob(f"*/{CONFIG_FILE}")]
    return max(begun, default=folder.stat().st_mtime_ns)


def finished_cells(folder: Path) -> list[Path]:
    """The finished run folders of a run or sweep, in the order of its plan, else by name; or the folder itself."""
    if (folder / RESULT_FILE).exists():
        return [folder]
    return sweep_plan.in_order(folder, [path.parent for path in folder.glob(f"*/{RESULT_FILE}")])


@dataclass(frozen=True, slots=True)
class Absent:
    """A planned cell that came to no end."""

    name: str
    repeat: int | None
    """Null where the plan does not name it."""
    status: Literal["not begun", "not finished"]
    reason: str
    """One sentence."""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """What is left of a sweep."""

    cells: tuple[Absent, ...] = ()
    resume_command: str | None = None

    def sentence(self, sweep: str) -> str | None:
        """`night: 2 planned cells have no result and are not among these`; null when nothing is left."""
        if not self.cells:
            return None
        many = "1 planned cell has" if len(self.cells) == 1 else f"{len(self.cells)} planned cells have"
        way = f" (go on with: {self.resume_command})" if self.resume_command else ""
        which = first_few([one.name for one in self.cells], _SHOWN)
        return f"{sweep}: {many} no result (yet), so what is said is without {which}{way}"


NOTHING_LEFT = Unfinished()


def unfinished(folder: Path) -> Unfinished:
    """What was planned or begun in a sweep and has no summary (yet)."""
    if (folder / RESULT_FILE).exists():
        return NOTHING_LEFT
    plan = sweep_plan.read(folder)
    repeats = {cell.name: cell.repeat for cell in plan.cells} if plan else {}
    begun = {path.parent.name for name in (CONFIG_FILE, RECORDS_FILE) for path in folder.glob(f"*/{name}")}
    ended = {path.parent.name for path in folder.glob(f"*/{RESULT_FILE}")}
    names = [name for name in dict.fromkeys([*repeats, *sorted(begun)]) if name not in ended]
    cells = tuple(_absent(name, repeats.get(name), has_begun=name in begun) for name in names)
    return Unfinished(cells, plan.resume_command if plan else None)


def _absent(name: str, repeat: int | None, *, has_begun: bool) -> Absent:
    if has_begun:
        return Absent(name, repeat, "not finished", "it was begun and has no run.json (yet).")
    return Absent(name, repeat, "not begun", "it was planned, and the sweep has not come to it.")
