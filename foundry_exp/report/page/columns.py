"""The table of report.html: the six dimensions of a choice first, then everything else, each value sortable."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from foundry_exp.files.escape import one_line
from foundry_exp.metrics.formats import NOTHING, Unit, on_scale, share, time_unit
from foundry_exp.records.run_result import RunResult
from foundry_exp.report.markdown_tables import few, rate
from foundry_exp.report.ranking import TIE, graded_by, rankable
from foundry_exp.results.cell import CellReport
from foundry_exp.results.row import Row, distribution

_PLAIN = Unit("")


@dataclass(frozen=True, slots=True)
class Value:
    """One cell of the table."""

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
    values: tuple[Value, ...]
    is_text: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """How a number of a row becomes a column."""

    header: str
    value: Callable[[Row], float | None]
    unit: Unit | None = _PLAIN
    """Null chooses between milliseconds and seconds."""
    least_wins: bool | None = None
    """Null marks no best value."""
    from_tokens: bool = False
    interval_of: tuple[str, str] | None = None
    """Metric and statistic whose 95 % interval stands below."""
    basis: Callable[[RunResult], Any] = lambda _: None
    """What must be equal for one of the values to be the best."""


_DIMENSIONS = (
    Figure("Latency avg", lambda row: row.e2e_avg_ms, None, least_wins=True, interval_of=("e2e_ms", "mean")),
    Figure("Latency p95", lambda row: row.e2e_p95_ms, None, least_wins=True, interval_of=("e2e_ms", "p95")),
    Figure("Throughput", lambda row: row.throughput_tok_per_s, Unit("tok/s"), least_wins=False, from_tokens=True),
    Figure("Resident memory", lambda row: row.rss_peak_mb, Unit("MB, peak"), least_wins=True),
    Figure(
        "Quality",
        lambda row: row.quality,
        Unit("1–5"),
        least_wins=False,
        interval_of=("quality", "mean"),
        basis=graded_by,
    ),
    Figure("Disk", lambda row: row.disk_mb, Unit("MB"), least_wins=True),
)
_FINER = (
    Figure("First token p50", lambda row: row.ttft_p50_ms, None, least_wins=True, interval_of=("ttft_ms", "p50")),
    Figure(
        "Decode p50",
        lambda row: row.decode_tok_per_s,
        Unit("tok/s"),
        least_wins=False,
        from_tokens=True,
        interval_of=("decode_tok_per_s", "p50"),
    ),
    Figure("Typical answer", lambda row: row.typical_answer_ms, None, least_wins=True, from_tokens=True),
    Figure("Load", lambda row: row.load_s, Unit("s"), least_wins=True),
    Figure("Cold first token", lambda row: row.cold_ttft_ms, None, least_wins=True),
)


def columns(cells: Sequence[CellReport]) -> list[Column]:
    """Latency, throughput, memory, quality, disk and licence in the order of the choice; then the rest."""
    named = rankable(cells)
    ranked = {id(cell) for _, cell in named} if len(named) > 1 else set()
    rows = [cell.row for cell in cells]
    return [
        *(_numbers(figure, cells, ranked) for figure in _DIMENSIONS),
        _texts("Licence", [row.licence for row in rows]),
        _texts("Status", [row.status.replace("_", " ") for row in rows]),
        *(_numbers(figure, cells, ranked) for figure in _FINER),
        _shares("Same output", [row.determinism_rate for row in rows]),
        _shares("Failed", [row.error_rate for row in rows]),
        Column("n", "", tuple(Value(NOTHING if row.n is None else str(row.n), row.n) for row in rows)),
    ]


def _numbers(figure: Figure, cells: Sequence[CellReport], ranked: set[int]) -> Column:
    found = [figure.value(cell.row) for cell in cells]
    unit = figure.unit or time_unit(_latencies(figure, cells))
    compared = {
        id(cell)
        for cell, value in zip(cells, found, strict=True)
        if value is not None and id(cell) in ranked and not (figure.from_tokens and cell.tokens_estimated)
    }
    entries = [value for cell, value in zip(cells, found, strict=True) if value is not None and id(cell) in compared]
    bases = {figure.basis(cell.result) for cell in cells if id(cell) in compared}
    best = _best(entries, figure.least_wins) if len(bases) == 1 else None
    values = tuple(
        Value(
            _shown(figure, cell, value, unit),
            value,
            _interval(figure, cell, unit),
            is_best=best is not None and value is not None and id(cell) in compared and _is_tied(value, best),
        )
        for cell, value in zip(cells, found, strict=True)
    )
    return Column(figure.header, unit.name, values)


def _latencies(figure: Figure, cells: Sequence[CellReport]) -> list[float | None]:
    """What shares a unit: average and p95 are read beside each other."""
    if figure.header.startswith("Latency"):
        return [value for cell in cells for value in (cell.row.e2e_avg_ms, cell.row.e2e_p95_ms)]
    return [figure.value(cell.row) for cell in cells]


def _best(entries: Sequence[float], least_wins: bool | None) -> float | None:
    if least_wins is None or len(entries) < 2:  # noqa: PLR2004
        return None
    best, worst = (min(entries), max(entries)) if least_wins else (max(entries), min(entries))
    return None if _is_tied(worst, best) else best  # with all alike, none is the best


def _is_tied(value: float, best: float) -> bool:
    return value > 0 and max(value, best) / min(value, best) < TIE if best > 0 else value == best


def _shown(figure: Figure, cell: CellReport, value: float | None, unit: Unit) -> str:
    if figure.from_tokens:
        return rate(cell, None if value is None else value / unit.divisor)
    mark = few(cell.row) if figure.interval_of == ("e2e_ms", "p95") else ""
    return unit.show(value) + mark


def _interval(figure: Figure, cell: CellReport, unit: Unit) -> str:
    if figure.interval_of is None:
        return ""
    metric, statistic = figure.interval_of
    spread = distribution(cell.result, metric)
    found = spread.intervals.get(statistic) if spread else None
    if found is None:
        return ""
    low, high = on_scale(found.low, found.high) if metric == "quality" else (found.low, found.high)
    return f"{unit.show(low)}–{unit.show(high)}"


def _shares(header: str, values: Sequence[float | None]) -> Column:
    return Column(header, "", tuple(Value(share(value), value) for value in values))


def _texts(header: str, values: Sequence[str | None]) -> Column:
    shown = (one_line(value) if value else None for value in values)
    return Column(header, "", tuple(Value(text or NOTHING, text) for text in shown), is_text=True)
