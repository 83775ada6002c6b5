"""One figure from start to SVG: same look, same bytes every time, colours by name.

Drawn with matplotlib's objects alone: pyplot would keep every figure in a list shared by the whole process.
"""

import io
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from html import escape
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from foundry_exp.report.palette import DARK, LIGHT, declarations
from foundry_exp.report.plots.series import Plot

NARROW_IN = 5.2
WIDE_IN = 10.4
ROW_IN = 0.34
"""Height of one row of a plot with a row per cell."""
_BETWEEN = 0.06
"""Of the width, between panels: the last number of one axis and the first of the next are read apart."""
PANEL_IN = 1.85
_BESIDE_IN = (0.72, 0.1)
"""Left and right of a panel: numbers of six digits and a label."""
_ABOVE_BELOW_IN = (0.32, 0.5)

# matplotlib draws with one made-up colour a name, which the SVG then turns into a CSS variable.
_STAND_INS = {name: f"#fe{number:02x}f1" for number, name in enumerate(LIGHT)}
_STYLE: dict[str, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "foundry_exp",
    "text.parse_math": False,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 8.5,
    "axes.titlesize": 8.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.axisbelow": True,
    "axes.formatter.useoffset": False,
    "xtick.major.size": 3,
    "ytick.major.size": 0,
}
_DROPPED = re.compile(
    r"<metadata>.*?</metadata>|<style type=\"text/css\">.*?</style>| transform=\"rotate\(-0 [^\"]*\"|"
    r" font-family: 'DejaVu Sans', sans-serif;",
    re.DOTALL,
)
_COORDINATES = re.compile(r' (?:d|x|y|transform)="[^"]*"')
_BOX = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')
_DIGITS = re.compile(r"(\.\d\d)\d+")


def colour(name: str) -> str:
    """What matplotlib is told for a named colour."""
    return _STAND_INS[name]


@contextmanager
def style() -> Iterator[None]:
    """Settings of every figure; those of the process stay as they were."""
    named = {
        "text.color": colour("ink"),
        "axes.edgecolor": colour("line"),
        "axes.labelcolor": colour("muted"),
        "axes.facecolor": "none",
        "figure.facecolor": "none",
        "grid.color": colour("line"),
        "grid.linewidth": 0.7,
        "xtick.color": colour("line"),
        "ytick.color": colour("line"),
        "xtick.labelcolor": colour("muted"),
        "ytick.labelcolor": colour("ink"),
    }
    settings: Any = _STYLE | named
    with warnings.catch_warnings(), mpl.rc_context(settings):
        # a browser has the letters of a model's name that the font used for measuring lacks
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        yield


def figure(height_in: float, width_in: float = NARROW_IN) -> Figure:
    """An empty figure whose parts find their room by themselves."""
    drawn = Figure(figsize=(width_in, height_in), layout=ConstrainedLayoutEngine(wspace=_BETWEEN))
    FigureCanvasSVG(drawn)
    return drawn


def panels(lines: int, columns: int) -> tuple[Figure, list[Axes]]:
    """A wide figure of panels of one size, whose room is given: finding it takes longer than drawing them."""
    height_in = lines * PANEL_IN
    drawn = Figure(figsize=(WIDE_IN, height_in))
    FigureCanvasSVG(drawn)
    pitch_in = WIDE_IN / columns
    wide_in, high_in = pitch_in - sum(_BESIDE_IN), PANEL_IN - sum(_ABOVE_BELOW_IN)
    room = {
        "left": _BESIDE_IN[0] / WIDE_IN,
        "right": 1 - _BESIDE_IN[1] / WIDE_IN,
        "top": 1 - _ABOVE_BELOW_IN[0] / height_in,
        "bottom": _ABOVE_BELOW_IN[1] / height_in,
        "wspace": sum(_BESIDE_IN) / wide_in,
        "hspace": sum(_ABOVE_BELOW_IN) / high_in,
    }
    return drawn, list(drawn.subplots(lines, columns, squeeze=False, gridspec_kw=room).flat)


def title(drawn: Figure, text: str, n: str) -> None:
    """What a figure shows, and from how many requests."""
    drawn.suptitle(f"{text} ({n})", x=0.008, ha="left", fontweight="bold", fontsize=_STYLE["axes.titlesize"])


def heading(axes: Axes, text: str, unit: str, n: str) -> None:
    """What a panel shows, in which unit, and from how many requests."""
    axes.set_title(f"{text} ({n})", loc="left", fontweight="bold", pad=8)
    axes.set_xlabel(unit, loc="left")


def rows(axes: Axes, labels: Sequence[str]) -> None:
    """One row a label, the first on top."""
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.grid(visible=True, axis="x")


def svg(drawn: Figure, name: str, label: str) -> str:
    """The figure as an SVG element that can stand in a page among others."""
    file = io.StringIO()
    drawn.savefig(file, format="svg", metadata={"Date": None, "Creator": None, "Type": None, "Format": None})
    text = file.getvalue()
    text = _DROPPED.sub("", text[text.index("<svg") :])
    text = re.sub(r' (?:width|height)="[\d.]+pt"', "", text, count=2)
    text = text.replace("<svg ", f'<svg class="plot" role="img" aria-label="{escape(label)}" ', 1)
    text = _COORDINATES.sub(lambda match: _DIGITS.sub(r"\1", match.group()), text)
    text = re.sub(r'((?: id|xlink:href)="#?|url\(#)', rf"\g<1>{name}-", text)
    for word, stand_in in _STAND_INS.items():
        text = text.replace(stand_in, f"var(--{word})")
    return re.sub(r"\s*\n\s*", "\n", text)


def standalone(plot: Plot) -> str:
    """A file of its own: the element with both palettes inside."""
    look = (
        f"<style>svg {{ {declarations(LIGHT)} background: var(--paper); font-family: system-ui, sans-serif; }} "
        f"@media screen and (prefers-color-scheme: dark) {{ svg {{ {declarations(DARK)} }} }} "
        "svg * { stroke-linejoin: round; stroke-linecap: butt; }</style>"
    )
    head = plot.svg.index(">") + 1
    sized = _BOX.sub(r'width="\1pt" height="\2pt" \g<0>', plot.svg[:head])  # shown as a picture, it needs a size
    return f'<?xml version="1.0" encoding="utf-8"?>\n{sized}{look}{plot.svg[head:]}'
