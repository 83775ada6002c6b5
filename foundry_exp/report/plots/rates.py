"""First token and decode speed of each cell: medians with their intervals."""

from collections.abc import Sequence

from matplotlib.axes import Axes

from foundry_exp.metrics import catalogue
from foundry_exp.metrics.figure import Figure
from foundry_exp.metrics.formats import number
from foundry_exp.records.distribution import Distribution
from foundry_exp.report.columns import ESTIMATED
from foundry_exp.report.plots import canvas
from foundry_exp.report.plots.canvas import colour
from foundry_exp.report.plots.series import Plot, Series, quickest, series
from foundry_exp.results.cell import FinishedCell
from foundry_exp.results.row import distribution

MOST_ROWS = 24
TITLE = "First token and decode speed"
_PANELS = ("ttft_p50_ms", "decode_tok_per_s")


def rates(cells: Sequence[FinishedCell]) -> Plot | None:
    """Two panels with a row a cell: median and 95 % interval."""
    shown, left_out = quickest(series(cells), MOST_ROWS)
    if not any(one.cell.row[key] is not None for one in shown for key in _PANELS):
        return None
    with canvas.style():
        drawn = canvas.figure(0.95 + canvas.ROW_IN * len(shown), canvas.WIDE_IN)
        for axes, key in zip(drawn.subplots(1, 2, sharey=True), _PANELS, strict=True):
            figure = catalogue.figure(key)
            n = sum(_panel_row(axes, place, one, figure) for place, one in enumerate(shown))
            canvas.rows(axes, [one.label for one in shown])
            axes.set_xlim(left=0)
            canvas.heading(axes, catalogue.words(key).capitalize(), figure.unit.name, f"n={n}")
        drawing = canvas.svg(drawn, "rates", TITLE)
    reading = (
        "The line is the 95 % interval of the median; a hollow point has too few requests for one, and ≈ rests on "
        f"tokens that were estimated. {left_out}"
    )
    return Plot("rates", TITLE, reading.strip(), drawing, is_wide=True)


def _panel_row(axes: Axes, place: int, one: Series, figure: Figure) -> int:
    """Draw one cell's median; how many requests are behind it."""
    spread = distribution(one.cell.result, figure.name)
    if spread is None or spread.p50 is None:
        why = "not streamed" if not one.cell.row.streaming else one.cell.result.missing.get(figure.name, "not measured")
        axes.annotate(
            why, (0, place), (4, 0), textcoords="offset points", va="center", fontsize=7.5, color=colour("muted")
        )
        return 0
    _point(axes, place, one, spread, spread.p50)
    estimated = f"{ESTIMATED} " if figure.from_tokens and one.cell.tokens_estimated else ""
    axes.annotate(
        f"{estimated}{number(spread.p50)}",
        (spread.p50, place),
        (0, 6),
        textcoords="offset points",
        ha="center",
        fontsize=7.5,
        color=colour("muted"),
    )
    return spread.n


def _point(axes: Axes, place: int, one: Series, spread: Distribution, median: float) -> None:
    interval = spread.intervals.get("p50")
    if interval:
        axes.plot([interval.low, interval.high], [place] * 2, color=colour(one.colour), linewidth=2, alpha=0.55)
    axes.plot(
        [median],
        [place],
        one.marker,
        color=colour(one.colour),
        markersize=6,
        markerfacecolor=colour(one.colour) if interval else colour("paper"),
        markeredgewidth=1.3,
    )
