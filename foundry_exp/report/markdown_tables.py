"""The tables of report.md: the six dimensions of a choice first, everything else in a second one."""

from collections.abc import Iterator, Sequence

from foundry_exp.files.escape import markdown
from foundry_exp.metrics.formats import NOTHING, POINTS
from foundry_exp.records.runs import Absent
from foundry_exp.report.columns import (
    ESTIMATED_NOTE,
    FEW_NOTE,
    Column,
    TableValue,
    absent_row,
    answered,
    names,
    numbers,
    ordered,
    texts,
)
from foundry_exp.results import typical
from foundry_exp.results.cell import FinishedCell


def main_table(cells: Sequence[FinishedCell], absent: Sequence[Absent] = ()) -> str:
    """Latency, throughput, resident memory, quality, disk, licence; and the first token."""
    rows = [cell.row for cell in cells]
    status = texts("Status", [row.status for row in rows])
    licence = texts("Licence", [row.licence for row in rows], 80)
    columns = ordered(*names(cells), status, *numbers(cells, "main"), licence, answered(cells, 90))
    without = [f"| {' | '.join(map(markdown, absent_row(one, columns)))} |" for one in absent]
    return "\n".join([_table(columns), *without])


def details_table(cells: Sequence[FinishedCell]) -> str:
    """What ran, how it was loaded, and the finer figures."""
    variant = texts("Variant", [cell.row.variant for cell in cells])
    place = texts("Ran on", [ran_on(cell) for cell in cells])
    return _table(ordered(*names(cells), variant, place, *numbers(cells, "details")))


def notes(cells: Sequence[FinishedCell]) -> Iterator[str]:
    """What the marks in the tables mean, where there are any."""
    yield f"n: answered requests behind the latency figures. {NOTHING}: not measured, or not applicable."
    if any(cell.row.p95_uncertain for cell in cells):
        yield FEW_NOTE
    if any(cell.tokens_estimated for cell in cells):
        yield ESTIMATED_NOTE
    of_tokens = typical.note(cell.result for cell in cells)
    if of_tokens:
        yield of_tokens


def ran_on(cell: FinishedCell) -> str:
    """Device and execution provider, and how that is known."""
    facts = cell.result.model
    place = ", ".join(part for part in (facts.device, facts.execution_provider) if part)
    proof = {"log": " (from its log)", "id_only": " (from its name only)"}
    return place + proof.get(facts.accel_evidence or "", "") if place else NOTHING


def _table(columns: Sequence[Column]) -> str:
    head = [column.title for column in columns]
    rule = ["---" if column.is_text else "---:" for column in columns]
    body = zip(*([_text(column, value) for value in column.values] for column in columns), strict=True)
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, rule, *body))


def _text(column: Column, value: TableValue) -> str:
    """Words made harmless; points with their interval, of which a mean over a few prompts says little."""
    if column.is_text:
        return markdown(value.text)
    return f"{value.text} ({value.note})" if value.note and column.unit == POINTS.of_column else value.text
