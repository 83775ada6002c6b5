"""How long answers took: every request as a point, and the share answered within a time."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from foundry_exp.metrics.stats.intervals import percentile_interval
from foundry_exp.report.plots import canvas
from foundry_exp.report.plots.canvas import colour
from foundry_exp.report.plots.series import DASHES, Plot, Series, quickest, series, short
from foundry_exp.results.cell import FinishedCell

MOST_ROWS = 24
MOST_LINES = 8
MOST_POINTS = 3000
"""In one picture; more would make the page slow."""
_SPREAD = 0.26
_GOLDEN = 0.618034
_LOGARITHMIC = 30.0
"""Longest over shortest time from which the scale is logarithmic."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of points."""

    label: str
    values: list[float]
    colour: str
    marker: str


def latency(cells: Sequence[FinishedCell]) -> Plot | None:
    """Every answered request's time as a point, with the quartiles, by cell; for one cell by prompt."""
    drawn_rows, left_out = _rows(cells)
    if not drawn_rows:
        return None
    title = "Time to the whole answer, every request"
    with canvas.style():
        drawn = canvas.figure(0.9 + canvas.ROW_IN * len(drawn_rows))
        axes = drawn.add_subplot()
        for place, row in enumerate(drawn_rows):
            _strip(axes, place, row, MOST_POINTS // len(drawn_rows))
        canvas.rows(axes, [f"{row.label}  n={len(row.values)}" for row in drawn_rows])
        _scale(axes, [value for row in drawn_rows for value in row.values])
        axes.set_xlabel("ms from request to last token", loc="left")
        canvas.title(drawn, title, f"n={sum(len(row.values) for row in drawn_rows)}")
        drawing = canvas.svg(drawn, "latency", title)
    reading = (
        "A point is a request, the box holds the middle half of them, the thick line is the median, and the open line "
        f"below is the 95 % interval of the p95, where n is large enough for one. {left_out}"
    )
    return Plot("latency", title, reading.strip(), drawing)


def _rows(cells: Sequence[FinishedCell]) -> tuple[list[Row], str]:
    every = series(cells)
    if len(cells) == 1:
        return _by_prompt(every[0])
    shown, left_out = quickest(every, MOST_ROWS)
    drawn_rows = [Row(one.label, times(one.cell, "e2e_ms"), one.colour, one.marker) for one in shown]
    return [row for row in drawn_rows if row.values], left_out


def _by_prompt(only: Series) -> tuple[list[Row], str]:
    grouped: dict[str, list[float]] = {name: [] for name in only.cell.prompts}
    for request in only.cell.measured:
        if request.e2e_ms is not None:
            grouped.setdefault(request.sample_id, []).append(request.e2e_ms)
    by_prompt = [Row(short(name), values, "series-1", "o") for name, values in grouped.items() if values]
    left_out = f"The first {MOST_ROWS} of {len(by_prompt)} prompts." if len(by_prompt) > MOST_ROWS else ""
    return by_prompt[:MOST_ROWS], left_out


def times(cell: FinishedCell, name: str) -> list[float]:
    """The times of a cell's requests that have one, shortest first."""
    return sorted(value for request in cell.measured if (value := getattr(request, name)) is not None)


def _strip(axes: Axes, place: int, row: Row, most: int) -> None:
    hue = colour(row.colour)
    values = sorted(row.values)
    step = math.ceil(len(values) / most)
    points = values[::step]
    heights = [place + _SPREAD * (2 * ((index * _GOLDEN) % 1) - 1) for index in range(len(points))]
    low, middle, high = np.quantile(values, (0.25, 0.5, 0.75)).tolist()
    axes.fill_betweenx([place - 0.33, place + 0.33], low, high, color=hue, alpha=0.16, linewidth=0)
    axes.plot(points, heights, row.marker, color=hue, markersize=3.2, alpha=0.6, markeredgewidth=0, label="_requests")
    axes.plot([middle, middle], [place - 0.36, place + 0.36], color=hue, linewidth=2.2, solid_capstyle="round")
    interval = percentile_interval(values, 0.95)
    if interval:
        axes.plot([interval.low, interval.high], [place + 0.42] * 2, color=colour("muted"), linewidth=1.1)


def _scale(axes: Axes, values: Sequence[float]) -> None:
    shortest, longest = min(values), max(values)
    if shortest > 0 and longest / shortest >= _LOGARITHMIC:
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,g}")
    else:
        axes.set_xlim(left=0, right=longest * 1.04)


def shares(cells: Sequence[FinishedCell]) -> Plot | None:
    """The share of requests answered within a time (ECDF), a line a cell."""
    shown, left_out = quickest(series(cells), MOST_LINES)
    timed = [(one, values) for one in shown if (values := times(one.cell, "e2e_ms"))]
    if not timed:
        return None
    title = "Share of answers complete within a time"
    with canvas.style():
        drawn = canvas.figure(2.6 + 0.09 * len(timed))
        axes = drawn.add_subplot()
        for one, values in timed:
            axes.ecdf(
                values,
                color=colour(one.colour),
                linestyle=DASHES[one.place % len(DASHES)],
                linewidth=1.6,
                label=f"{one.label}, n={len(values)}",
            )
        axes.grid(visible=True)
        axes.set_yticks([0, 0.25, 0.5, 0.75, 0.95], ["0 %", "25 %", "50 %", "75 %", "95 %"])
        _scale(axes, [value for _, values in timed for value in values])
        axes.set_xlabel("ms from request to last token", loc="left")
        drawn.legend(loc="outside lower left", frameon=False, fontsize=7.5, ncols=2)
        canvas.title(drawn, title, f"n={sum(len(values) for _, values in timed)}")
        drawing = canvas.svg(drawn, "shares", title)
    reading = f"Further left is quicker; a long flat end is a slow tail. {left_out}"
    return Plot("shares", title, reading.strip(), drawing)
