"""Between-run figures of repeated cells: the mean over runs and its 95 % interval by Student's t.

Requests within one run share a load, a machine state and an hour; only runs apart say how far the next one may fall.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import NamedTuple

from foundry_exp.files.escape import markdown
from foundry_exp.metrics.formats import NOTHING, Unit, number, time_unit
from foundry_exp.metrics.stats.intervals import mean_interval
from foundry_exp.records.distribution import Interval
from foundry_exp.records.run_result import WITH_FIGURES
from foundry_exp.results.cell import CellReport
from foundry_exp.results.row import Row


@dataclass(frozen=True, slots=True)
class Figure:
    """One column: a value of each run."""

    header: str
    value: Callable[[Row], float | None]
    is_time: bool = True


FIGURES = (
    Figure("Latency avg", lambda row: row.e2e_avg_ms),
    Figure("First token p50", lambda row: row.ttft_p50_ms),
    Figure("Throughput", lambda row: row.throughput_tok_per_s, is_time=False),
)


class Spread(NamedTuple):
    """A figure between runs."""

    mean: float
    interval: Interval | None
    n: int


@dataclass(frozen=True, slots=True)
class Group:
    """One cell of the plan and all its runs."""

    name: str
    runs: tuple[CellReport, ...]

    @property
    def measured(self) -> list[CellReport]:
        """The runs that came to figures."""
        return [run for run in self.runs if run.row.status in WITH_FIGURES]

    def spread(self, figure: Figure) -> Spread | None:
        """Over the runs that have the figure; null when none has."""
        values = [value for run in self.measured if (value := figure.value(run.row)) is not None]
        return Spread(fmean(values), mean_interval(values), len(values)) if values else None


def groups(cells: Sequence[CellReport]) -> list[Group]:
    """The cells that were planned more than once, in the order of their first run."""
    found: dict[tuple[str, str], list[CellReport]] = {}
    for cell in cells:
        suffix = f"-r{cell.result.repeat}"
        if cell.result.cell.endswith(suffix):
            found.setdefault((cell.result.cell.removesuffix(suffix), cell.result.fingerprint), []).append(cell)
    return [Group(name, tuple(runs)) for (name, _), runs in found.items() if len(runs) > 1]


def table(cells: Sequence[CellReport]) -> Iterator[str]:
    """A Markdown table, a line a group; nothing when no cell was repeated."""
    found = groups(cells)
    if not found:
        return
    units = [_unit(figure, found) for figure in FIGURES]
    heads = [f"{figure.header} ({unit.name})" for figure, unit in zip(FIGURES, units, strict=True)]
    yield f"| Cell | Runs | {' | '.join(heads)} |"
    yield f"| --- | ---: |{' ---: |' * len(heads)}"
    for group in found:
        figures = [_said(group, figure, unit) for figure, unit in zip(FIGURES, units, strict=True)]
        yield f"| {markdown(group.name)} | {_runs(group)} | {' | '.join(figures)} |"
    yield "\nEach figure is the mean over the runs, with its 95 % interval by Student's t."


def sentences(cells: Sequence[CellReport]) -> Iterator[str]:
    """The same for a terminal: `demo-small, 3 runs: latency avg 40 ms (39–41)`."""
    found = groups(cells)
    units = [_unit(figure, found) for figure in FIGURES]
    for group in found:
        figures = [
            f"{figure.header.lower()} {_said(group, figure, unit)} {unit.name}"
            for figure, unit in zip(FIGURES, units, strict=True)
        ]
        yield f"{group.name}, {_runs(group)} runs: {', '.join(figures)}"


def _unit(figure: Figure, found: Sequence[Group]) -> Unit:
    if not figure.is_time:
        return Unit("tok/s")
    return time_unit(figure.value(run.row) for group in found for run in group.runs)


def _said(group: Group, figure: Figure, unit: Unit) -> str:
    """The mean with its interval, and of how many runs where some have no such figure."""
    spread = group.spread(figure)
    if spread is None:
        return NOTHING
    remarks = [] if spread.n == len(group.measured) else [f"of {spread.n} runs"]
    if spread.interval:
        low, high = (number(end / unit.divisor) for end in (spread.interval.low, spread.interval.high))
        remarks.append(f"{low} to {high}")
    return unit.show(spread.mean) + (f" ({'; '.join(remarks)})" if remarks else "")


def _runs(group: Group) -> str:
    measured = len(group.measured)
    return str(measured) if measured == len(group.runs) else f"{measured} of {len(group.runs)}"
