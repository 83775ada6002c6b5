"""The report files of a run folder or a sweep, written whole or not at all."""

from collections.abc import Sequence
from pathlib import Path

from foundry_exp.files.disk import write_whole
from foundry_exp.records.runs import unfinished
from foundry_exp.report import data_files, markdown
from foundry_exp.report.conclude import NONE, Conclusions
from foundry_exp.report.plots.series import Plot
from foundry_exp.results.cell import FinishedCell

MARKDOWN_FILE = "report.md"
CSV_FILE = "report.csv"
JSON_FILE = "report.json"
HTML_FILE = "report.html"
PLOTS_FOLDER = "plots"
MOST_OWN_PAGES = 24
"""Cells of a sweep that get a page each beside the sweep's; pictures of them, half a second each, when asked for."""


def write_texts(folder: Path, read: Sequence[FinishedCell], conclusions: Conclusions = NONE) -> None:
    """Write report.md, report.csv and report.json of cells into their folder or their sweep's."""
    left = unfinished(folder)
    documents = {
        MARKDOWN_FILE: markdown.report(read, conclusions, inside=inside(folder, read), left=left),
        CSV_FILE: data_files.csv_file(read, left),
        JSON_FILE: data_files.json_file(read),
    }
    for name, text in documents.items():
        write_whole(folder / name, text)


def write_pages(
    folder: Path, read: Sequence[FinishedCell], conclusions: Conclusions = NONE, *, drawn: bool = True
) -> None:
    """Write report.html and plots/ of a run or a sweep, and a page for each cell of a small sweep.

    Pictures that are not asked for are drawn all the same where there are some: they would be of other figures.
    """
    _write_page(folder, read, conclusions, drawn=drawn or has_plots(folder))
    if not inside(folder, read) and len(read) <= MOST_OWN_PAGES:
        for cell in read:
            _write_page(cell.folder, [cell], NONE, drawn=has_plots(cell.folder))


def _write_page(folder: Path, read: Sequence[FinishedCell], conclusions: Conclusions, *, drawn: bool) -> None:
    # matplotlib and jinja2 are not for the processes that measure
    from foundry_exp.report.page.page import render

    pictures = _draw(folder, read) if drawn else None
    page = render(read, pictures, conclusions, inside=inside(folder, read), left=unfinished(folder))
    write_whole(folder / HTML_FILE, page)


def _draw(folder: Path, read: Sequence[FinishedCell]) -> list[Plot]:
    from foundry_exp.report.plots import draw

    drawn = draw.plots(read)
    draw.write(folder / PLOTS_FOLDER, drawn)
    return drawn


def has_plots(folder: Path) -> bool:
    """Whether pictures were drawn for a folder."""
    return (folder / PLOTS_FOLDER).is_dir()


def inside(folder: Path, read: Sequence[FinishedCell]) -> bool:
    """Whether a folder is that of the one cell."""
    return [cell.folder.resolve() for cell in read] == [folder.resolve()]
