"""The cells of a sweep that came to no end, which every table shows with the reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from foundry_exp.records import sweep_plan
from foundry_exp.records.run_folder import CONFIG_FILE, RECORDS_FILE, RESULT_FILE

_SHOWN = 4


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
        return f"{sweep}: {many} no result (yet), so what is said is without {_named(self.cells)}{way}"


NOTHING_LEFT = Unfinished()


def _named(cells: Sequence[Absent]) -> str:
    more = len(cells) - _SHOWN
    return ", ".join(one.name for one in cells[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


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
