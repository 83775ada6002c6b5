"""Which prompts are slow for which cells."""

from collections.abc import Sequence
from statistics import median

import numpy as np
import numpy.typing as npt
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize

from foundry_exp.report.plots import canvas
from foundry_exp.report.plots.canvas import colour
from foundry_exp.report.plots.series import Plot, Series, quickest, series, short
from foundry_exp.results.cell import FinishedCell

MOST_CELLS = 16
MOST_PROMPTS = 40
TITLE = "Median time to the whole answer, by prompt"
_LOGARITHMIC = 30.0
_MOST_FIGURES = 16 * 24
_MOST_LEVEL = 6
_PALE = 0.55
"""Place on the scale from which black text reads better than white."""


def heat_map(cells: Sequence[FinishedCell]) -> Plot | None:
    """Prompts down, cells across; a cell without an answer to a prompt is left blank."""
    shown, left_out = quickest(series(cells), MOST_CELLS)
    every = list(dict.fromkeys(request.sample_id for one in shown for request in one.cell.measured))
    prompts = [name for name in _in_order(shown) if name in every] + [n for n in every if n not in _in_order(shown)]
    grid = _medians(shown, prompts[:MOST_PROMPTS])
    if len(shown) < 2 or np.isnan(grid).all():  # noqa: PLR2004 - of one cell, the points by prompt say it
        return None
    with canvas.style():
        drawn = canvas.figure(
            1.35 + (0.7 if len(shown) > _MOST_LEVEL else 0) + 0.27 * min(len(prompts), MOST_PROMPTS), canvas.WIDE_IN
        )
        axes = drawn.add_subplot()
        _tiles(axes, grid)
        _across(axes, [one.label for one in shown])
        axes.set_yticks(range(len(grid)), [short(name, 28) for name in prompts[:MOST_PROMPTS]])
        n = sum(request.e2e_ms is not None for one in shown for request in one.cell.measured)
        axes.set_xlabel("ms, median over rounds; darker is quicker", loc="left")
        canvas.title(drawn, TITLE, f"n={n}")
        drawing = canvas.svg(drawn, "prompts", TITLE)
    more = f"The first {MOST_PROMPTS} of {len(prompts)} prompts. " if len(prompts) > MOST_PROMPTS else ""
    reading = f"A dash is a prompt that a cell did not answer. {more}{left_out}"
    return Plot("prompts", TITLE, reading.strip(), drawing, is_wide=True)


def _in_order(shown: Sequence[Series]) -> dict[str, None]:
    return dict.fromkeys(name for one in shown for name in one.cell.prompts)


def _medians(shown: Sequence[Series], prompts: Sequence[str]) -> npt.NDArray[np.float64]:
    """One row a prompt, one column a cell, ms; NaN where nothing was answered."""
    grid = np.full((len(prompts), len(shown)), np.nan)
    places = {name: place for place, name in enumerate(prompts)}
    for column, one in enumerate(shown):
        grouped: dict[str, list[float]] = {}
        for request in one.cell.measured:
            if request.e2e_ms is not None and request.sample_id in places:
                grouped.setdefault(request.sample_id, []).append(request.e2e_ms)
        for name, values in grouped.items():
            grid[places[name], column] = median(values)
    return grid


def _tiles(axes: Axes, grid: npt.NDArray[np.float64]) -> None:
    low, high = float(np.nanmin(grid)), float(np.nanmax(grid))
    is_wide_range = low > 0 and high / low > _LOGARITHMIC
    scale = LogNorm(low, high) if is_wide_range else Normalize(low, high if high > low else low + 1)
    edges = (np.arange(grid.shape[1] + 1) - 0.5, np.arange(grid.shape[0] + 1) - 0.5)
    tiles = np.ma.masked_invalid(grid)
    axes.pcolormesh(*edges, tiles, cmap=colormaps["cividis"], norm=scale, edgecolors=colour("paper"), linewidth=1.5)
    axes.invert_yaxis()
    axes.spines[:].set_visible(False)
    if grid.size > _MOST_FIGURES:
        return
    for (row, column), value in np.ndenumerate(grid):
        is_pale = not np.isnan(value) and float(scale(value)) > _PALE
        hue = colour("muted") if np.isnan(value) else "#000000" if is_pale else "#ffffff"
        label = "–" if np.isnan(value) else f"{value:,.0f}" if value >= 10 else f"{value:.2g}"  # noqa: PLR2004
        axes.text(column, row, label, ha="center", va="center", fontsize=7.5, color=hue)


def _across(axes: Axes, labels: Sequence[str]) -> None:
    """The cells' names above the tiles, slanted where there are too many to stand side by side."""
    axes.tick_params(axis="x", labeltop=True, labelbottom=False, length=0, labelcolor=colour("ink"))
    if len(labels) <= _MOST_LEVEL:
        axes.set_xticks(range(len(labels)), [_broken(label) for label in labels])
    else:
        axes.set_xticks(range(len(labels)), labels, rotation=28, ha="left", rotation_mode="anchor")


def _broken(label: str) -> str:
    """A label on two lines where it has a remark in brackets."""
    return label.replace(" (", "\n(", 1)
