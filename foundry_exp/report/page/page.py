"""The whole page: a template, its style and its script in one file that asks nothing of any network."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from foundry_exp.files.escape import listed, one_line, sentence
from foundry_exp.metrics.formats import NOTHING
from foundry_exp.records.runs import NOTHING_LEFT, Unfinished
from foundry_exp.report.columns import Column, TableValue, answered, numbers, ordered, texts
from foundry_exp.report.conclude import Conclusions
from foundry_exp.report.highlights import NOT_TESTED, highlights, left_out
from foundry_exp.report.markdown import CELL_FILES, choices, concerned_cells, reason_of, tally, warnings_by_cell
from foundry_exp.report.markdown_tables import notes, ran_on
from foundry_exp.report.page.answers import extremes, side_by_side
from foundry_exp.report.page.verdict import cards
from foundry_exp.report.palette import DARK, LIGHT, declarations
from foundry_exp.report.plots.series import Plot, Series, series
from foundry_exp.report.provenance import facts
from foundry_exp.report.scored import repeat_notes
from foundry_exp.results.cell import FinishedCell, labels, notices

MOST_WARNINGS = 60
MOST_LINKED = 100
"""Cells whose files are linked to."""


@dataclass(frozen=True, slots=True)
class Line:
    """A cell as a line of the table."""

    look: Series
    status: str
    reason: str
    """Empty when the status is ok."""
    values: tuple[tuple[Column, TableValue], ...]


def render(
    cells: Sequence[FinishedCell],
    plots: Sequence[Plot] | None,
    conclusions: Conclusions,
    *,
    inside: bool,
    left: Unfinished = NOTHING_LEFT,
) -> str:
    """The file's text; `inside` when it lies in the one cell's own folder; null plots are drawn on demand."""
    looks = series(cells)
    folder = cells[0].folder if inside else cells[0].folder.parent
    asked, answers_left_out = side_by_side(looks)
    text: str = _template().render(
        title=_title(cells, left),
        summary=_summary(cells, left),
        notices=notices(cells),
        cards=cards(cells, looks),
        **_said(cells, conclusions),
        columns=(table := columns(cells)),
        lines=_lines(looks, table),
        notes=[*notes(cells), *_why_unscored(cells), *(one_line(note) for note in repeat_notes(cells))],
        absent=[(one_line(one.name), one.status, one.reason) for one in left.cells],
        resume_command=one_line(left.resume_command or ""),
        nothing=NOTHING,
        plots=[(plot, Markup(plot.svg)) for plot in plots or ()],
        draw_command=f"python -m foundry_exp report {one_line(str(folder))}" if plots is None else "",
        asked=asked,
        answers_left_out=answers_left_out,
        extremes=extremes(looks),
        warnings=_warnings(cells),
        facts=facts([cell.result for cell in cells]),
        ran=_ran(looks),
        files=[] if len(cells) > MOST_LINKED else _files(cells, inside=inside),
        **_assets(),
    )
    return text + "\n"


def _said(cells: Sequence[FinishedCell], conclusions: Conclusions) -> dict[str, Any]:
    """What the figures say, and which cell to take."""
    highlighted = highlights(cells)
    return {
        "sentences": highlighted,
        "left_out": left_out(cells) if len(cells) > 1 else [],
        "pick": one_line(conclusions.pick),
        "reasons": [one_line(line) for line in conclusions.reasons],
        "differences": [one_line(line) for line in conclusions.differences],
        "basis": one_line(conclusions.basis) or (NOT_TESTED if highlighted and len(cells) > 1 else ""),
    }


def _assets() -> dict[str, Any]:
    """Style and script, and the digest by which the page allows that script alone."""
    script = _asset("report.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return {"style": Markup(_style()), "script": Markup(script), "script_digest": digest}


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("foundry_exp.report.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _template() -> Any:
    return _environment().get_template("report.html.jinja")


def _asset(name: str) -> str:
    environment = _environment()
    assert environment.loader is not None
    return environment.loader.get_source(environment, name)[0]


def _style() -> str:
    light, dark = declarations(LIGHT), declarations(DARK)
    themes = (
        f":root {{ color-scheme: light; {light} }}",
        f"@media screen and (prefers-color-scheme: dark) {{ "
        f':root:not([data-theme="light"]) {{ color-scheme: dark; {dark} }} }}',
        f'@media screen {{ :root[data-theme="dark"] {{ color-scheme: dark; {dark} }} }}',  # paper stays light
    )
    return "\n".join((*themes, _asset("report.css")))


def _title(cells: Sequence[FinishedCell], left: Unfinished) -> str:
    models = [one_line(model) for model in dict.fromkeys(cell.row.model for cell in cells)]
    if left.cells:
        return f"{listed(models)}: {len(cells)} of {len(cells) + len(left.cells)} planned cells"
    if len(cells) == 1:
        return f"{models[0]} on {one_line(cells[0].row.accel)}"
    if len(models) == 1:
        return f"{models[0]}, {len(cells)} ways"
    if len(models) > 4:  # noqa: PLR2004 - as many names as a heading holds
        return f"{', '.join(models[:3])} and {len(models) - 3} more models"
    return listed(models)


def _summary(cells: Sequence[FinishedCell], left: Unfinished) -> list[tuple[str, str]]:
    first = cells[0].result
    started = min(cell.result.started_at for cell in cells)
    prompts = dict.fromkeys(str(cell.result.prompts.get("name", NOTHING)) for cell in cells)
    n = sum(len(cell.measured) for cell in cells)
    return [
        ("Cells", tally(cells, left)),
        ("Requests", f"{n:,} measured"),
        ("Prompts", one_line(", ".join(prompts))),
        ("Chosen", choices(cells)),
        ("Started", one_line(started.replace("T", " ").replace("+00:00", " UTC"))),
        ("Run", one_line(first.sweep_id)),
    ]


def columns(cells: Sequence[FinishedCell]) -> list[Column]:
    """Latency, throughput, memory, quality, disk and licence in the order of the choice; then the rest."""
    rows = [cell.row for cell in cells]
    licence = texts("Licence", [row.licence for row in rows], 70)
    status = texts("Status", [row.status.replace("_", " ") for row in rows], 80)
    return ordered(*numbers(cells, "page"), licence, status, answered(cells, 160))


def _lines(looks: Sequence[Series], table: Sequence[Column]) -> list[Line]:
    values = zip(*(column.values for column in table), strict=True)
    return [
        Line(look, row.status, "" if row.status == "ok" else reason_of(row), tuple(zip(table, each, strict=True)))
        for look, each in zip(looks, values, strict=True)
        for row in (look.cell.row,)
    ]


def _warnings(cells: Sequence[FinishedCell]) -> list[tuple[str, str]]:
    warnings = [
        (one_line(concerned_cells(cells, concerned)), sentence(text))
        for text, concerned in warnings_by_cell(cells).items()
    ]
    more = len(warnings) - MOST_WARNINGS
    return warnings if more <= 0 else [*warnings[:MOST_WARNINGS], ("others", f"{more} more warnings are in report.md.")]


def _why_unscored(cells: Sequence[FinishedCell]) -> list[str]:
    reasons = (cell.result.missing.get("quality") for cell in cells if cell.row["quality"] is None and cell.measured)
    return [f"Quality {NOTHING}: {sentence(reason)}" for reason in dict.fromkeys(reasons) if reason]


def _ran(looks: Sequence[Series]) -> list[tuple[Any, ...]]:
    """What was loaded for each cell, exactly."""
    return [
        (
            look,
            one_line(model.variant or NOTHING),
            one_line(ran_on(look.cell)),
            one_line(model.files_digest or NOTHING),
            NOTHING if model.context_length is None else f"{model.context_length:,}",
            one_line(model.licence_source or NOTHING),
        )
        for look in looks
        for model in (look.cell.result.model,)
    ]


def _files(cells: Sequence[FinishedCell], *, inside: bool) -> list[tuple[str, list[tuple[str, str]]]]:
    files = []
    for label, cell in zip(labels(cells), cells, strict=True):
        prefix = "" if inside else f"{quote(cell.folder.name)}/"
        files.append((one_line(label), [(name, prefix + name) for name in CELL_FILES if (cell.folder / name).exists()]))
    return files
