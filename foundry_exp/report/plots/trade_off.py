"""What is bought with what: quality, speed and memory against each other, with the Pareto front."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing
from matplotlib.lines import Line2D

from foundry_exp.metrics import catalogue
from foundry_exp.metrics.figure import Figure
from foundry_exp.report.plots import canvas
from foundry_exp.report.plots.canvas import colour
from foundry_exp.report.plots.series import Plot, Series, quickest, series
from foundry_exp.report.ranking import rankable
from foundry_exp.results.cell import FinishedCell
from foundry_exp.results.comparable import graded_by

MOST_POINTS = 200
MOST_NAMES = 40
TITLE = "Quality, speed and memory against each other"


@dataclass(frozen=True, slots=True)
class Dimension:
    """One figure of a trade."""

    name: str
    key: str

    @property
    def figure(self) -> Figure:
        """Its entry in the catalogue."""
        return catalogue.figure(self.key)

    @property
    def axis(self) -> str:
        """What stands beside an axis."""
        return f"{catalogue.words(self.key).capitalize()} ({self.figure.unit.of_column})"


class Point(NamedTuple):
    """A cell's place in a panel."""

    x: float
    y: float
    series: Series


SPEED = Dimension("speed", "e2e_p50_ms")
MEMORY = Dimension("memory", "rss_peak_mb")
QUALITY = Dimension("quality", "quality")
_PANELS = ((SPEED, QUALITY), (MEMORY, QUALITY), (SPEED, MEMORY))


def trade_off(cells: Sequence[FinishedCell]) -> Plot | None:
    """A panel for each pair of dimensions that at least two cells have."""
    shown, left_out = quickest(series(cells), MOST_POINTS)
    panels = [(x, y, points) for x, y in _PANELS if len(points := _points(shown, x, y)) > 1]
    if not panels:
        return None
    with canvas.style():
        drawn = canvas.figure(2.9 + 0.05 * min(len(shown), MOST_NAMES), canvas.WIDE_IN)
        for axes, (x, y, points) in zip(drawn.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
            _panel(axes, x, y, points, leading(cells, y, points))
        _names(drawn, [one for one in shown if any(point.series is one for *_, points in panels for point in points)])
        drawing = canvas.svg(drawn, "trade-off", TITLE)
    unscored = "" if any(y is QUALITY for _, y, _ in panels) else "No two cells have a quality score yet. "
    reading = (
        "Cells on the line (the Pareto front) are beaten by no other in both figures at once; pale ones are, or are "
        f"not compared (see the sentences above); where all are pale, none is compared. {unscored}{left_out}"
    )
    return Plot("trade-off", TITLE, reading.strip(), drawing, is_wide=True)


def _points(shown: Sequence[Series], x: Dimension, y: Dimension) -> list[Point]:
    both = ((one.cell.row[x.key], one.cell.row[y.key], one) for one in shown)
    return [Point(first, second, one) for first, second, one in both if first is not None and second is not None]


def front(points: Sequence[Point], *, y_least_wins: bool) -> list[Point]:
    """The points that no other beats in one figure without losing in the other, from left to right."""
    sign = 1 if y_least_wins else -1
    kept: list[Point] = []
    for point in sorted(points, key=lambda point: (point.x, sign * point.y)):
        if not kept or sign * point.y < sign * kept[-1].y:
            kept.append(point)
    return kept


def leading(cells: Sequence[FinishedCell], y: Dimension, points: Sequence[Point]) -> list[Point]:
    """The front of the cells that may be ranked; none where their points were given in different ways."""
    ranked = {id(cell) for _, cell in rankable(cells)}
    able = [point for point in points if id(point.series.cell) in ranked]
    if y is QUALITY and len({graded_by(point.series.cell.result) for point in able}) > 1:
        return []
    return front(able, y_least_wins=y.figure.better == "less")


def _panel(axes: Axes, x: Dimension, y: Dimension, points: Sequence[Point], ahead: Sequence[Point]) -> None:
    axes.step(
        [point.x for point in ahead],
        [point.y for point in ahead],
        where="post",
        color=colour("muted"),
        linewidth=1.1,
        linestyle=(0, (4, 2)),
    )
    for point in points:
        is_ahead = point in ahead
        axes.plot(
            [point.x],
            [point.y],
            point.series.marker,
            color=colour(point.series.colour),
            markersize=8 if is_ahead else 6.5,
            alpha=1 if is_ahead else 0.5,
            markeredgecolor=colour("paper"),
        )
    axes.grid(visible=True)
    axes.margins(0.1, 0.14)
    axes.set_ylabel(y.axis, loc="top")
    canvas.heading(axes, f"{y.name.capitalize()} against {x.name}", x.axis, f"{len(points)} cells")


def _names(drawn: Drawing, shown: Sequence[Series]) -> None:
    """A legend, since labels beside that many points would cover each other."""
    handles = [
        Line2D([], [], color=colour(one.colour), marker=one.marker, linestyle="none", markersize=5.5, label=one.label)
        for one in shown[:MOST_NAMES]
    ]
    drawn.legend(handles=handles, loc="outside lower left", ncols=4, frameon=False, fontsize=7.5, handletextpad=0.1)
