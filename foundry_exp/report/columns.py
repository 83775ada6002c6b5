"""The columns of every table of cells: report.md's two, report.html's and the printed one, out of the catalogue."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from foundry_exp.files.escape import one_line
from foundry_exp.metrics import catalogue
from foundry_exp.metrics.figure import Figure, Place, Statistic
from foundry_exp.metrics.formats import COUNT, NOTHING, POINTS, Unit, on_scale, unit_for
from foundry_exp.records.runs import Absent
from foundry_exp.report.ranking import TIE, basis, rankable
from foundry_exp.results.cell import FinishedCell, axes
from foundry_exp.results.row import distribution

FEW = "†"
ESTIMATED = "≈"
FEW_NOTE = f"{FEW} n is too small for an interval of a 95th percentile: read it as one of the slowest answers seen."
ESTIMATED_NOTE = f"{ESTIMATED} Tokens were estimated, not counted by the runtime; such rates are not compared."


@dataclass(frozen=True, slots=True)
class TableValue:
    """What stands in one line of a column."""

    text: str
    sort: float | str | None = None
    """What the column is ordered by; null goes last."""
    note: str = ""
    """A second, smaller line: an interval."""
    is_best: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A header, its unit, and a value for each cell of the report."""

    header: str
    unit: str
    values: tuple[TableValue, ...]
    is_text: bool = False
    short: str = ""
    """The header in the terminal, with its unit, on one or two lines."""
    only_wide: bool = False
    """Left out of a terminal that is narrow."""
    rank: int = 0

    @property
    def title(self) -> str:
        """The header with its unit."""
        return f"{self.header} ({self.unit})" if self.unit else self.header


def absent_row(one: Absent, columns: Sequence[Column]) -> list[str]:
    """The line of a cell without figures: its name, its status, and nothing else."""
    headers = [column.header for column in columns]
    facts = {"Cell" if "Cell" in headers else headers[0]: one.name, "Status": one.status}
    return [facts.get(header, NOTHING) for header in headers]


def numbers(cells: Sequence[FinishedCell], *places: Place) -> list[Column]:
    """The figures that a table shows, in its order."""
    shown = catalogue.shown_in(*places)
    named = rankable(cells)
    ranked = {id(cell) for _, cell in named} if len(named) > 1 else set()
    wide = {id(one) for _, _, one in catalogue.shown_in("wide terminal")}
    columns = []
    for rank, figure, one in shown:
        read_together = [other.key for _, near, other in shown if near is figure]
        unit = unit_for(figure.unit, (cell.row[key] for key in read_together for cell in cells))
        values = tuple(_values(figure, one, cells, unit, ranked))
        short = f"{one.short}{' ' if chr(10) in one.short else chr(10)}{unit.of_column}"
        is_wide = id(one) in wide or (figure.unit == POINTS and all(value.sort is None for value in values))
        columns.append(Column(one.head, unit.of_column, values, short=short, only_wide=is_wide, rank=rank))
    return columns


def texts(header: str, values: Iterable[str | None], rank: int = 0, *, only_wide: bool = False) -> Column:
    """A column of words."""
    shown = [one_line(value) if value else None for value in values]
    entries = tuple(TableValue(text or NOTHING, text) for text in shown)
    return Column(header, "", entries, is_text=True, short=header.lower(), only_wide=only_wide, rank=rank)


def names(cells: Sequence[FinishedCell]) -> list[Column]:
    """What tells the cells apart."""
    return [texts(axis.header, axis.values) for axis in axes(cells)]


def answered(cells: Sequence[FinishedCell], rank: int = 0) -> Column:
    """How many answered requests are behind the latencies."""
    counts = [cell.row["n"] for cell in cells]
    entries = tuple(TableValue(NOTHING if count is None else str(count), count) for count in counts)
    return Column("n", "", entries, short="n", rank=rank)


def ordered(*columns: Column) -> list[Column]:
    """Columns by their ranks; those of one rank as they come."""
    return sorted(columns, key=lambda column: column.rank)


def _values(
    figure: Figure, one: Statistic, cells: Sequence[FinishedCell], unit: Unit, ranked: set[int]
) -> Iterable[TableValue]:
    own = [cell.row[one.key] for cell in cells]
    compared = {
        id(cell): value
        for cell, value in zip(cells, own, strict=True)
        if value is not None and id(cell) in ranked and not (figure.from_tokens and cell.tokens_estimated)
    }
    bases = {basis(figure, cell.result) for cell in cells if id(cell) in compared}
    best = _best(figure, list(compared.values())) if len(bases) == 1 else None
    for cell, value in zip(cells, own, strict=True):
        is_best = best is not None and id(cell) in compared and _is_tied(compared[id(cell)], best)
        yield TableValue(_text(figure, one, cell, unit), value, _interval(figure, one, cell, unit), is_best=is_best)


def _best(figure: Figure, entries: Sequence[float]) -> float | None:
    if figure.better is None or figure.unit.is_share or len(entries) < 2:  # noqa: PLR2004
        return None
    best, worst = (min(entries), max(entries)) if figure.better == "less" else (max(entries), min(entries))
    return None if _is_tied(worst, best) else best  # with all alike, none is the best


def _is_tied(value: float, best: float) -> bool:
    return value > 0 and max(value, best) / min(value, best) < TIE if best > 0 else value == best


def _text(figure: Figure, one: Statistic, cell: FinishedCell, unit: Unit) -> str:
    """The number, marked where its tokens were estimated or too few requests are behind a percentile."""
    value = cell.row[one.key]
    if figure.unit == COUNT:
        return NOTHING if value is None else str(value)
    estimated = ESTIMATED if figure.from_tokens and cell.tokens_estimated and value is not None else ""
    is_few = one.of.startswith("p") and one.bounds and value is not None and cell.row[one.bounds[0]] is None
    return f"{estimated}{unit.show(value)}{FEW if is_few else ''}"


def _interval(figure: Figure, one: Statistic, cell: FinishedCell, unit: Unit) -> str:
    spread = distribution(cell.result, figure.name) if figure.is_distribution else None
    interval = spread.intervals.get(one.of) if spread else None
    if interval is None:
        return ""
    low, high = on_scale(interval.low, interval.high) if figure.unit == POINTS else (interval.low, interval.high)
    return f"{unit.show(low)}–{unit.show(high)}"
