"""All pictures of a report, and their files."""

from collections.abc import Sequence
from pathlib import Path

from foundry_exp.files.disk import write_whole
from foundry_exp.report.plots.canvas import standalone
from foundry_exp.report.plots.heat_map import heat_map
from foundry_exp.report.plots.latency import latency, shares
from foundry_exp.report.plots.rates import rates
from foundry_exp.report.plots.series import Plot
from foundry_exp.report.plots.timeline import timeline
from foundry_exp.report.plots.trade_off import trade_off
from foundry_exp.results.cell import FinishedCell

PICTURES = (latency, shares, rates, trade_off, heat_map, timeline)


def plots(cells: Sequence[FinishedCell]) -> list[Plot]:
    """The pictures that these cells have figures for, in the order to be looked at."""
    made = (picture(cells) for picture in PICTURES)
    return [plot for plot in made if plot is not None]


def write(folder: Path, drawn: Sequence[Plot]) -> None:
    """Write `<name>.svg` into a folder, and remove those of an earlier report that are not made any more."""
    folder.mkdir(exist_ok=True)
    kept = {f"{plot.name}.svg" for plot in drawn}
    for plot in drawn:
        write_whole(folder / f"{plot.name}.svg", standalone(plot))
    for old in folder.glob("*.svg"):
        if old.name not in kept:
            old.unlink()
