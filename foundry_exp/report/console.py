"""The printed table: readable at 80 columns, fuller where the terminal is wider, plain where it is none."""

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from foundry_exp.files.escape import one_line, sentence
from foundry_exp.records.runs import NOTHING_LEFT, Absent, Unfinished
from foundry_exp.records.score import BEST, WORST
from foundry_exp.report import repeats
from foundry_exp.report.columns import (
    ESTIMATED_NOTE,
    FEW_NOTE,
    Column,
    absent_row,
    answered,
    names,
    numbers,
    ordered,
    texts,
)
from foundry_exp.report.markdown import concerned_cells, reason_of, warnings_by_cell
from foundry_exp.results.cell import FinishedCell, labels, notices
from foundry_exp.results.comparable import rubric_differences
from foundry_exp.results.row import Row

WIDE = 120
"""From this width on, the columns that 80 characters have no room for are shown."""
TOO_SMALL = "too small for an interval"
MAX_WARNINGS = 5
_STATUS_STYLES = {
    "ok": "green",
    "partial": "yellow",
    "interrupted": "yellow",
    "skipped": "cyan",
    "failed": "red",
    "device_mismatch": "red",
    "not_begun": "yellow",
    "not_finished": "yellow",
}


def show(
    cells: Sequence[FinishedCell],
    console: Console | None = None,
    title: str | None = None,
    left: Unfinished = NOTHING_LEFT,
    quality: Sequence[str] = (),
) -> None:
    """Print the table, then why cells are not ok, then warnings."""
    if not cells:
        return
    target = console or Console()
    if title:
        target.print(Text(one_line(title), style="bold"))
    target.print(_table(cells, left.cells, wide=target.width >= WIDE))
    lines = list(_lines(cells, left, quality))
    if lines:
        target.print()
    for line in lines:
        target.print(line, soft_wrap=not target.is_terminal)


def _table(cells: Sequence[FinishedCell], absent: Sequence[Absent], *, wide: bool) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2 if wide else 1, 0, 0), header_style="bold")
    columns = [column for column in _columns(cells) if wide or not column.only_wide]
    for column in columns:
        if column.is_text:
            table.add_column(column.short, overflow="fold")
        else:
            table.add_column(column.short, justify="right", no_wrap=True)
    for values in zip(*(column.values for column in columns), strict=True):
        table.add_row(*(_styled(value.text) for value in values))
    for one in absent:
        table.add_row(*(_styled(one_line(text)) for text in absent_row(one, columns)))
    return table


def _styled(text: str) -> Text:
    return Text(text, style=_STATUS_STYLES.get(text.replace(" ", "_"), ""))


def _columns(cells: Sequence[FinishedCell]) -> list[Column]:
    rows = [cell.row for cell in cells]
    status = texts("Status", [row.status for row in rows])
    licence = texts("Licence", [row.licence for row in rows], 100, only_wide=True)
    shown = numbers(cells, "terminal", "wide terminal")
    return ordered(*names(cells), status, *shown, licence, answered(cells, 110))


def scored_by(rows: Sequence[Row]) -> list[str]:
    """The scorers that the quality of any cell is from."""
    return sorted({row.quality_source for row in rows if row.quality_source and row["quality"] is not None})


def _lines(cells: Sequence[FinishedCell], left: Unfinished, quality: Sequence[str]) -> Iterator[Text]:
    if any(cell.row.p95_uncertain for cell in cells):
        yield Text(FEW_NOTE, style="dim")
    if any(cell.tokens_estimated for cell in cells):
        yield Text(ESTIMATED_NOTE, style="dim")
    if scored_by(rows := [cell.row for cell in cells]):
        yield Text(f"Quality is from {', '.join(scored_by(rows))}, {WORST} (worst) to {BEST} (best).", style="dim")
    yield from (Text(one_line(line)) for line in repeats.sentences(cells))
    yield from (Text(notice, style="dim") for notice in notices(cells))
    yield from (Text(one_line(line)) for line in [*rubric_differences(cells), *quality])
    yield from _reasons(cells)
    yield from _absent(left)
    yield from _warnings(cells)


def _reasons(cells: Sequence[FinishedCell]) -> Iterator[Text]:
    for label, cell in zip(labels(cells), cells, strict=True):
        status = cell.row.status
        if status != "ok":
            reason = reason_of(cell.row)
            yield Text.assemble(f"{one_line(label)} — ", (status, _STATUS_STYLES.get(status, "")), f": {reason}")


def _absent(left: Unfinished) -> Iterator[Text]:
    for one in left.cells:
        style = _STATUS_STYLES[one.status.replace(" ", "_")]
        yield Text.assemble(f"{one_line(one.name)} — ", (one.status, style), f": {one.reason}")
    if left.cells and left.resume_command:
        yield Text(f"Go on with: {one_line(left.resume_command)}")


def _warnings(cells: Sequence[FinishedCell]) -> Iterator[Text]:
    # the dagger beside a p95 says it already, and report.md says it in full
    by_warning = {text: whom for text, whom in warnings_by_cell(cells).items() if TOO_SMALL not in text}
    for warning, concerned in list(by_warning.items())[:MAX_WARNINGS]:
        whom = one_line(concerned_cells(cells, concerned))
        yield Text.assemble(("warning", "yellow"), f", {whom}: {sentence(warning)}")
    if len(by_warning) > MAX_WARNINGS:
        yield Text(f"{len(by_warning) - MAX_WARNINGS} more warnings are in report.md.")
