"""The requests of each cell in the order they were made: warm-up, errors and outliers marked."""

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes

from foundry_exp.report.plots import canvas
from foundry_exp.report.plots.canvas import colour
from foundry_exp.report.plots.series import Plot, Series, quickest, series
from foundry_exp.results.cell import FinishedCell
from foundry_exp.results.requests import Request

MOST_CELLS = 12
MOST_POINTS = 1500
COLUMNS = 2
TITLE = "Requests over time"


def timeline(cells: Sequence[FinishedCell]) -> Plot | None:
    """A panel a cell: when each request began, and how long its answer took."""
    shown, left_out = quickest(series(cells), MOST_CELLS)
    shown = [one for one in shown if one.cell.measured]
    if not shown:
        return None
    columns = min(COLUMNS, len(shown))
    lines = -(-len(shown) // columns)
    with canvas.style():
        drawn, panels = canvas.panels(lines, columns)
        for axes, one in zip(panels, shown, strict=False):
            _panel(axes, one)
        for axes in panels[len(shown) :]:
            axes.set_axis_off()
        drawing = canvas.svg(drawn, "timeline", TITLE)
    reading = (
        "Hollow grey: warm-up, not measured. Ringed: outliers among the rounds of their prompt, kept in every figure. "
        f"✕ at the top: failed requests. {left_out}"
    )
    return Plot("timeline", TITLE, reading.strip(), drawing, is_wide=True)


def _panel(axes: Axes, one: Series) -> None:
    attempts = sorted({request.attempt for request in (*one.cell.warmup, *one.cell.measured)})
    every = [request for request in (*one.cell.warmup, *one.cell.measured) if request.attempt == attempts[-1]]
    start_ns = min(request.t_start_ns for request in every)
    measured = _thinned([request for request in every if request.phase == "measure"])
    look: dict[str, Any] = {"linestyle": "none", "markersize": 4, "markeredgewidth": 0}
    hollow = {"markerfacecolor": "none", "markeredgewidth": 0.9}
    warm = [request for request in every if request.phase == "warmup"]
    axes.plot(*_places(warm, start_ns), marker="o", color=colour("muted"), **(look | hollow))
    axes.plot(*_places(measured, start_ns), marker=one.marker, color=colour(one.colour), **look)
    strange = [request for request in measured if _is_outlier(one.cell, request)]
    axes.plot(*_places(strange, start_ns), marker="o", color=colour("ink"), **(look | hollow | {"markersize": 8}))
    axes.set_ylim(0, 1.22 * max((request.e2e_ms or 0.0 for request in every), default=0.0) or 1.0)
    end_s = max(_seconds(request, start_ns) for request in every) or 1.0
    axes.set_xlim(-0.02 * end_s, 1.02 * end_s)
    _failures(axes, measured, start_ns)
    axes.grid(visible=True, axis="y")
    axes.set_ylabel("ms to whole answer")
    again = f", attempt {attempts[-1] + 1} of {len(attempts)}" if len(attempts) > 1 else ""
    canvas.heading(axes, f"{one.label}{again}", "s since the first request", f"n={len(measured)}")


def _thinned(requests: list[Request]) -> list[Request]:
    """At most so many, evenly; the failed ones always."""
    step = -(-len(requests) // MOST_POINTS) or 1
    return [request for place, request in enumerate(requests) if place % step == 0 or request.error]


def _places(requests: Sequence[Request], start_ns: int) -> tuple[list[float], list[float]]:
    timed = [(request, request.e2e_ms) for request in requests if request.e2e_ms is not None]
    return [_seconds(request, start_ns) for request, _ in timed], [value for _, value in timed]


def _seconds(request: Request, start_ns: int) -> float:
    return (request.t_start_ns - start_ns) / 1e9


def _is_outlier(cell: FinishedCell, request: Request) -> bool:
    rounds = cell.result.per_prompt.get(request.sample_id, {}).get("outlier_rounds", {})
    return request.round in rounds.get("e2e_ms", ())


def _failures(axes: Axes, measured: Sequence[Request], start_ns: int) -> None:
    failed = [_seconds(request, start_ns) for request in measured if request.error]
    axes.plot(
        failed,
        [0.95] * len(failed),
        "x",
        color=colour("bad"),
        markersize=5.5,
        markeredgewidth=1.6,
        transform=axes.get_xaxis_transform(),
    )
