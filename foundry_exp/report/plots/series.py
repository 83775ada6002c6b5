"""Which cells a plot shows, and the colour and marker that stand for each in all plots of a report."""

from collections.abc import Sequence
from dataclasses import dataclass

from foundry_exp.files.escape import one_line
from foundry_exp.report.palette import SERIES
from foundry_exp.results.cell import FinishedCell, labels

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "p")
DASHES: tuple[str | tuple[int, tuple[int, ...]], ...] = ("-", (0, (4, 2)), (0, (1, 1.5)), (0, (6, 2, 1, 2)))  # type: ignore[assignment]
LONGEST_LABEL = 34
NOT_PLOTTED = ("failed", "skipped", "device_mismatch")


@dataclass(frozen=True, slots=True)
class Plot:
    """A picture and the words around it."""

    name: str
    """Its file in `plots/`, without the ending."""
    title: str
    reading: str
    """How to read it, and what it leaves out."""
    svg: str
    is_wide: bool = False


@dataclass(frozen=True, slots=True)
class Series:
    """A cell as it is drawn."""

    label: str
    colour: str
    """A name of the palette: one a model, so that colours repeat after eight."""
    model: int
    """The number of its model among the models."""
    place: int
    """Its number among the cells of its model, which chooses marker and dashes."""
    cell: FinishedCell

    @property
    def marker(self) -> str:
        """Its marker, so that no two cells are told apart by colour alone."""
        return MARKERS[(self.place + self.model + self.model // len(SERIES)) % len(MARKERS)]


def series(cells: Sequence[FinishedCell]) -> list[Series]:
    """Every cell with its look, in the order given."""
    models = {name: number for number, name in enumerate(dict.fromkeys(cell.row.model for cell in cells))}
    seen: dict[int, int] = {}
    made = []
    for label, cell in zip(labels(cells), cells, strict=True):
        model = models[cell.row.model]
        seen[model] = seen.get(model, -1) + 1
        made.append(Series(short(label), SERIES[model % len(SERIES)], model, seen[model], cell))
    return made


def short(text: str, length: int = LONGEST_LABEL) -> str:
    """A label that leaves room for the plot."""
    line = one_line(text)
    return line if len(line) <= length else line[: length - 1] + "…"


def quickest(every: Sequence[Series], most: int) -> tuple[list[Series], str]:
    """At most so many of the cells that can be plotted, in the order given; and what is left out, in words."""
    able = [(one.cell.row["e2e_p50_ms"], one) for one in every if one.cell.row.status not in NOT_PLOTTED]
    timed = [(median_ms, one) for median_ms, one in able if median_ms is not None]
    kept = {id(one) for _, one in sorted(timed, key=lambda pair: pair[0])[:most]}
    shown = [one for _, one in timed if id(one) in kept]
    return shown, _left_out(every, shown, len(timed))


def _left_out(every: Sequence[Series], shown: Sequence[Series], available: int) -> str:
    remarks = []
    if available > len(shown):
        remarks.append(f"The {len(shown)} quickest of {available} cells; report.csv has all.")
    without = len(every) - available
    if without and without <= _NAMED:
        missing = [one for one in every if one.cell.row.status in NOT_PLOTTED]
        named = [f"{one.label} ({one.cell.row.status.replace('_', ' ')})" for one in missing]
        remarks += [f"Not plotted: {', '.join(named)}."] if named else []
        without -= len(missing)
    if without:
        remarks.append(f"{without} {'cell has' if without == 1 else 'cells have'} no figure to plot.")
    return " ".join(remarks)


_NAMED = 6
"""Cells without a figure are named up to this many, and counted beyond."""
