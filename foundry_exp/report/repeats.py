"""Between-run figures of repeated cells: the mean over runs and its 95 % interval by Student's t.

Requests within one run share a load, a machine state and an hour; only runs apart say how far the next one may fall.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import NamedTuple

from foundry_exp.files.escape import markdown
from foundry_exp.metrics import catalogue
from foundry_exp.metrics.figure import Statistic
from foundry_exp.metrics.formats import NOTHING, Unit, unit_for
from foundry_exp.metrics.stats.intervals import mean_interval
from foundry_exp.records.distribution import Interval
from foundry_exp.records.run_result import WITH_FIGURES
from foundry_exp.results.candidates import Measured, measurements
from foundry_exp.results.cell import FinishedCell


class Spread(NamedTuple):
    """A figure between runs."""

    mean: float
    interval: Interval | None
    n: int


@dataclass(frozen=True, slots=True)
class Group:
    """One cell of the plan and all its runs."""

    name: str
    runs: tuple[FinishedCell, ...]

    @property
    def measured(self) -> list[FinishedCell]:
        """The runs that came to figures."""
        return [run for run in self.runs if run.row.status in WITH_FIGURES]

    def spread(self, key: str) -> Spread | None:
        """Over the runs that have the figure; null when none has."""
        values = [value for run in self.measured if (value := run.row[key]) is not None]
        return Spread(fmean(values), mean_interval(values), len(values)) if values else None


def groups(cells: Sequence[FinishedCell]) -> list[Group]:
    """The cells that were planned more than once, in the order of their first run."""
    by_plan: dict[tuple[str, Measured], list[FinishedCell]] = {}
    for cell, same in zip(cells, measurements([cell.result for cell in cells]), strict=True):
        suffix = f"-r{cell.result.repeat}"
        if cell.result.cell.endswith(suffix):
            by_plan.setdefault((cell.result.cell.removesuffix(suffix), same), []).append(cell)
    return [Group(name, tuple(runs)) for (name, _), runs in by_plan.items() if len(runs) > 1]


def table(cells: Sequence[FinishedCell]) -> Iterator[str]:
    """A Markdown table, a line a group; nothing when no cell was repeated."""
    repeated = groups(cells)
    if not repeated:
        return
    shown = _shown(repeated)
    yield f"| Cell | Runs | {' | '.join(f'{one.head} ({unit.name})' for one, unit in shown)} |"
    yield f"| --- | ---: |{' ---: |' * len(shown)}"
    for group in repeated:
        figures = [_mean(group, one, unit) for one, unit in shown]
        yield f"| {markdown(group.name)} | {_runs(group)} | {' | '.join(figures)} |"
    yield "\nEach figure is the mean over the runs, with its 95 % interval by Student's t."


def sentences(cells: Sequence[FinishedCell]) -> Iterator[str]:
    """The same for a terminal: `demo-small, 3 runs: latency avg 40 ms (39–41)`."""
    repeated = groups(cells)
    shown = _shown(repeated)
    for group in repeated:
        figures = [f"{one.head.lower()} {_mean(group, one, unit)} {unit.name}" for one, unit in shown]
        yield f"{group.name}, {_runs(group)} runs: {', '.join(figures)}"


def _shown(repeated: Sequence[Group]) -> list[tuple[Statistic, Unit]]:
    """The columns, each with the unit of all its values."""
    return [
        (one, unit_for(figure.unit, (run.row[one.key] for group in repeated for run in group.runs)))
        for _, figure, one in catalogue.shown_in("between repeats")
    ]


def _mean(group: Group, one: Statistic, unit: Unit) -> str:
    """The mean with its interval, and of how many runs where some have no such figure."""
    spread = group.spread(one.key)
    if spread is None:
        return NOTHING
    remarks = [] if spread.n == len(group.measured) else [f"of {spread.n} runs"]
    if spread.interval:
        remarks.append(f"{unit.show(spread.interval.low)} to {unit.show(spread.interval.high)}")
    return unit.show(spread.mean) + (f" ({'; '.join(remarks)})" if remarks else "")


def _runs(group: Group) -> str:
    measured = len(group.measured)
    return str(measured) if measured == len(group.runs) else f"{measured} of {len(group.runs)}"
