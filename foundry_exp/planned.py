"""The plan in a sweep's folder, as far as a reader of its results needs it: which cells, and how to go on."""

import json
import shlex
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from foundry_exp.errors import StoreError

PLAN_FILE = "sweep.json"
_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Plan:
    """What was to be measured, in its order."""

    repeats: dict[str, int]
    """Cell name → which repeat it is."""
    resume_command: str
    """The command line that goes on with it."""


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


def resume_command(command: Sequence[str], name: str) -> str:
    """The command line that goes on with a sweep."""
    kept = [text for text in command if not text.startswith(("sweep.name=", "sweep.resume=", "sweep.shard="))]
    return shlex.join(["python", "-m", "foundry_exp", *kept, f"sweep.name={name}", "sweep.resume=true"])


def read(sweep: Path) -> Plan | None:
    """The plan in a sweep's folder; null when there is none."""
    path = sweep / PLAN_FILE
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        repeats = {str(cell["name"]): int(cell["repeat"]) for cell in content["cells"]}
        return Plan(repeats, resume_command([str(word) for word in content["command"]], str(content["name"])))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        msg = f"{path}: not the plan of a sweep ({error!r}); move it away to read the cells without it."
        raise StoreError(msg) from error


def in_order(sweep: Path, cells: Iterable[Path]) -> list[Path]:
    """Cells of a sweep in the order of its plan; what it does not name comes last, by name."""
    plan = read(sweep)
    places = {name: place for place, name in enumerate(plan.repeats)} if plan else {}
    return sorted(cells, key=lambda cell: (places.get(cell.name, len(places)), cell.name))


def unfinished(sweep: Path, begun: Collection[str], ended: Collection[str]) -> Unfinished:
    """What is left of a sweep of which some cells were begun and some have ended."""
    plan = read(sweep)
    repeats = plan.repeats if plan else {}
    names = [name for name in dict.fromkeys([*repeats, *sorted(begun)]) if name not in ended]
    cells = tuple(_absent(name, repeats.get(name), has_begun=name in begun) for name in names)
    return Unfinished(cells, plan.resume_command if plan else None)


def _absent(name: str, repeat: int | None, *, has_begun: bool) -> Absent:
    if has_begun:
        return Absent(name, repeat, "not finished", "it was begun and has no run.json (yet).")
    return Absent(name, repeat, "not begun", "it was planned, and the sweep has not come to it.")


def way_on(folder: Path) -> str:
    """What to do about a sweep, or a cell of one, that has no result."""
    plan = read(folder)
    if plan is None:
        above = read(folder.parent)
        plan = above if above and folder.name in above.repeats else None
    return f"Go on with: {plan.resume_command}" if plan else "Run it again."
