"""Between-run figures of repeated cells: the mean over runs and its 95 % interval by Student's t.

Requests within one run share a load, a machine state and an hour; only runs apart say how far the next one may fall.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean

from foundry_exp.records import WITH_FIGURES, Interval
from foundry_exp.report.cells import CellReport
from foundry_exp.report.figures import NOTHING, Unit, number, time_unit
from foundry_exp.report.rows import Row
from foundry_exp.report.text import markdown
from foundry_exp.stats.mean import mean_interval


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


@dataclass(frozen=True, slots=True)
class Group:
    """One cell of the plan and all its runs."""

    name: str
    runs: tuple[CellReport, ...]

    @property
    def measured(self) -> list[CellReport]:
        """The runs that came to figures."""
        return [run for run in self.runs if run.row.status in WITH_FIGURES]

    def spread(self, figure: Figure) -> tuple[float, Interval | None] | None:
        """Mean over runs and its interval; null without a value, no interval for one run."""
        values = [value for run in self.measured if (value := figure.value(run.row)) is not None]
        return (fmean(values), mean_interval(values)) if values else None


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
        figures = [_said(group.spread(figure), unit) for figure, unit in zip(FIGURES, units, strict=True)]
        yield f"| {markdown(group.name)} | {_runs(group)} | {' | '.join(figures)} |"
    yield "\nEach figure is the mean over the runs, with its 95 % interval by Student's t."


def sentences(cells: Sequence[CellReport]) -> Iterator[str]:
    """The same for a terminal: `demo-small, 3 runs: latency avg 40 ms (39–41)`."""
    found = groups(cells)
    units = [_unit(figure, found) for figure in FIGURES]
    for group in found:
        figures = [
            f"{figure.header.lower()} {_said(group.spread(figure), unit)} {unit.name}"
            for figure, unit in zip(FIGURES, units, strict=True)
        ]
        yield f"{group.name}, {_runs(group)} runs: {', '.join(figures)}"


def _unit(figure: Figure, found: Sequence[Group]) -> Unit:
    if not figure.is_time:
        return Unit("tok/s")
    return time_unit(figure.value(run.row) for group in found for run in group.runs)


def _said(spread: tuple[float, Interval | None] | None, unit: Unit) -> str:
    if spread is None:
        return NOTHING
    mean, interval = spread
    if interval is None:
        return unit.show(mean)
    low, high = (number(value / unit.divisor) for value in (interval.low, interval.high))
    return f"{unit.show(mean)} ({low} to {high})"


def _runs(group: Group) -> str:
    measured = len(group.measured)
    return str(measured) if measured == len(group.runs) else f"{measured} of {len(group.runs)}"
