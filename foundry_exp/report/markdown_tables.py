"""The tables of report.md: the six dimensions of a choice first, everything else in a second one."""

from collections.abc import Iterator, Sequence

from foundry_exp.files.escape import markdown
from foundry_exp.metrics.formats import NOTHING, Unit, number, on_scale, share, time_unit
from foundry_exp.records.unfinished import Absent
from foundry_exp.results import typical
from foundry_exp.results.cell import CellReport, axes
from foundry_exp.results.row import Row

FEW = "†"
ESTIMATED = "≈"
FEW_NOTE = f"{FEW} n is too small for an interval of a 95th percentile: read it as one of the slowest answers seen."
ESTIMATED_NOTE = f"{ESTIMATED} Tokens were estimated, not counted by the runtime; such rates are not compared."


def main_table(cells: Sequence[CellReport], absent: Sequence[Absent] = ()) -> str:
    """Latency, throughput, resident memory, quality, disk, licence; and the first token."""
    rows = [cell.row for cell in cells]
    latency = time_unit(value for row in rows for value in (row.e2e_avg_ms, row.e2e_p95_ms))
    first = time_unit(row.ttft_p50_ms for row in rows)
    columns = [
        *_names(cells),
        ("Status", [row.status for row in rows], False),
        (f"Latency avg ({latency.name})", [latency.show(row.e2e_avg_ms) for row in rows], True),
        (f"Latency p95 ({latency.name})", [latency.show(row.e2e_p95_ms) + few(row) for row in rows], True),
        (f"First token p50 ({first.name})", [first.show(row.ttft_p50_ms) for row in rows], True),
        ("Throughput (tok/s)", [rate(cell, cell.row.throughput_tok_per_s) for cell in cells], True),
        ("Resident memory, peak (MB)", [number(row.rss_peak_mb) for row in rows], True),
        ("Quality (1–5)", [quality(row) for row in rows], True),
        ("Disk (MB)", [number(row.disk_mb) for row in rows], True),
        ("Licence", [_text(row.licence) for row in rows], False),
        ("n", [_count(row.n) for row in rows], True),
    ]
    return "\n".join([_table(columns), *(_absent_row(one, columns) for one in absent)])


def _absent_row(one: Absent, columns: Sequence[tuple[str, list[str], bool]]) -> str:
    headers = [header for header, _, _ in columns]
    known = {"Cell" if "Cell" in headers else headers[0]: markdown(one.name), "Status": one.status}
    return f"| {' | '.join(known.get(header, NOTHING) for header in headers)} |"


def details_table(cells: Sequence[CellReport]) -> str:
    """What ran, how it was loaded, and the finer figures."""
    rows = [cell.row for cell in cells]
    answer = time_unit(row.typical_answer_ms for row in rows)
    cold = time_unit(row.cold_ttft_ms for row in rows)
    columns = [
        *_names(cells),
        ("Variant", [_text(row.variant) for row in rows], False),
        ("Ran on", [markdown(ran_on(cell)) for cell in cells], False),
        ("Load (s)", [number(row.load_s) for row in rows], True),
        (f"Cold first token ({cold.name})", [cold.show(row.cold_ttft_ms) for row in rows], True),
        (f"Typical answer ({answer.name})", [_typical(cell, answer) for cell in cells], True),
        ("Decode p50 (tok/s)", [rate(cell, cell.row.decode_tok_per_s) for cell in cells], True),
        ("Output p50 (tok/s)", [rate(cell, cell.row.output_tok_per_s) for cell in cells], True),
        ("Same output every round", [share(row.determinism_rate) for row in rows], True),
        ("Failed", [share(row.error_rate) for row in rows], True),
        ("Requests", [_count(row.requests) for row in rows], True),
    ]
    return _table(columns)


def notes(cells: Sequence[CellReport]) -> Iterator[str]:
    """What the marks in the tables mean, where there are any."""
    yield f"n: answered requests behind the latency figures. {NOTHING}: not measured, or not applicable."
    if any(cell.row.p95_uncertain for cell in cells):
        yield FEW_NOTE
    if any(cell.tokens_estimated for cell in cells):
        yield ESTIMATED_NOTE
    of_tokens = typical.note(cell.result for cell in cells)
    if of_tokens:
        yield of_tokens


def quality(row: Row) -> str:
    """The mean with its 95 % interval, cut to the scale."""
    if row.quality is None or row.quality_low is None or row.quality_high is None:
        return number(row.quality)
    low, high = on_scale(row.quality_low, row.quality_high)
    return f"{number(row.quality)} ({number(low)}–{number(high)})"


def few(row: Row) -> str:
    """A mark on a p95 that has too few requests behind it."""
    return FEW if row.p95_uncertain else ""


def rate(cell: CellReport, value: float | None) -> str:
    """Tokens a second, marked when the tokens were estimated."""
    return _mark(cell, value) + number(value)


def _typical(cell: CellReport, unit: Unit) -> str:
    """A typical answer, marked like a rate: it is made with one."""
    return _mark(cell, cell.row.typical_answer_ms) + unit.show(cell.row.typical_answer_ms)


def _mark(cell: CellReport, value: float | None) -> str:
    return ESTIMATED if cell.tokens_estimated and value is not None else ""


def _names(cells: Sequence[CellReport]) -> list[tuple[str, list[str], bool]]:
    return [(axis.header, [markdown(value) for value in axis.values], False) for axis in axes(cells)]


def ran_on(cell: CellReport) -> str:
    """Device and execution provider, and how that is known."""
    facts = cell.result.model
    known = ", ".join(part for part in (facts.device, facts.execution_provider) if part)
    proof = {"log": " (from its log)", "id_only": " (from its name only)"}
    return known + proof.get(facts.accel_evidence or "", "") if known else NOTHING


def _text(value: str | None) -> str:
    return markdown(value) if value else NOTHING


def _count(value: int | None) -> str:
    return NOTHING if value is None else str(value)


def _table(columns: Sequence[tuple[str, list[str], bool]]) -> str:
    head = [header for header, _, _ in columns]
    rule = ["---:" if is_number else "---" for _, _, is_number in columns]
    body = zip(*(values for _, values, _ in columns), strict=True)
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, rule, *body))
