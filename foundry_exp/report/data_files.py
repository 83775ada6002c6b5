"""report.csv and report.json: what programs read, numbers as they were measured.

report.json has the fields of the original benchmark scripts, times in seconds: `alias`, `rounds`, `latency_avg`,
`latency_p95`, `tokens_per_sec_avg`, `first_token_latency_avg` and `sample_response` are the first script's names;
`model_id`, `rounds_ok`, `latency_*_s`, `avg_*_tokens` and `sample_output` the notebook's. Three things differ from them
on purpose: `tokens_per_sec_avg` is completion tokens / end-to-end seconds (theirs counted the prompt's tokens too), the
first token is timed in the measured requests themselves, and what is missing is null. Behind them stands every figure
by its name in report.csv.
"""

import csv
import io
import json
from collections.abc import Callable, Sequence
from statistics import fmean
from typing import Any

from foundry_exp.files.escape import one_line, sample, spreadsheet
from foundry_exp.metrics import catalogue
from foundry_exp.records.record import Usage
from foundry_exp.records.runs import NOTHING_LEFT, Unfinished
from foundry_exp.results.cell import FinishedCell
from foundry_exp.results.requests import Request
from foundry_exp.results.row import distribution, finite

FACTS = ("model", "variant", "accel", "device", "streaming", "backend", "status", "reason")
"""Of a row, before its figures."""


def csv_file(cells: Sequence[FinishedCell], left: Unfinished = NOTHING_LEFT) -> str:
    """One row a cell, the unit in the header; a null is an empty field."""
    shared = shared_prompt(cells)
    lines = [_line(cell, shared) for cell in cells]
    lines += [
        {"cell": spreadsheet(one.name), "repeat": one.repeat, "status": one.status, "reason": one.reason}
        for one in left.cells
    ]
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, fieldnames=list(lines[0]) if lines else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return file.getvalue()


def _line(cell: FinishedCell, shared: str | None) -> dict[str, object]:
    fields: dict[str, object] = {"cell": cell.result.cell, "repeat": cell.result.repeat}
    fields |= {name: getattr(cell.row, name) for name in FACTS} | {"streaming": "on" if cell.row.streaming else "off"}
    beside = {one.key: one.beside for figure in catalogue.FIGURES for one in figure.statistics if one.beside}
    for key, value in cell.row.figures.items():
        fields[key] = value
        if key in beside:
            fields[beside[key]] = getattr(cell.row, beside[key])
    fields |= {"token_source": "+".join(cell.token_sources) or None, "sample": _sample(cell, shared)}
    return {name: spreadsheet(value) if isinstance(value, str) else value for name, value in fields.items()}


def json_file(cells: Sequence[FinishedCell]) -> str:
    """One object a cell."""
    return json.dumps(entries(cells), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def entries(cells: Sequence[FinishedCell]) -> list[dict[str, Any]]:
    """What report.json has of each cell."""
    shared = shared_prompt(cells)
    return [_entry(cell, shared) for cell in cells]


def _entry(cell: FinishedCell, shared: str | None) -> dict[str, Any]:
    row = cell.row
    answer = _sample(cell, shared)
    return {
        "alias": one_line(row.model),
        "model_id": one_line(row.variant) if row.variant else None,
        "status": row.status,
        "reason": one_line(row.reason) if row.reason else None,
        **_rounds(cell),
        **_times(cell),
        **_tokens(cell),
        "sample_response": answer,
        "sample_output": answer,
        **row.figures,
    }


def _rounds(cell: FinishedCell) -> dict[str, int | None]:
    """Rounds of the prompt set that were begun, and those in which every request was answered."""
    begun = {record.round for record in cell.measured}
    broken = {record.round for record in cell.measured if record.error}
    return {"rounds": len(begun) or None, "rounds_ok": len(begun - broken) if begun else None}


def _times(cell: FinishedCell) -> dict[str, float | None]:
    latency, first = distribution(cell.result, "e2e_ms"), distribution(cell.result, "ttft_ms")
    average = _seconds(latency.mean) if latency else None
    p95 = _seconds(latency.p95) if latency else None
    return {
        "latency_avg": average,
        "latency_p95": p95,
        "latency_avg_s": average,
        "latency_min_s": _seconds(latency.min) if latency else None,
        "latency_max_s": _seconds(latency.max) if latency else None,
        "latency_p95_s": p95,
        "first_token_latency_avg": _seconds(first.mean) if first else None,
    }


def _tokens(cell: FinishedCell) -> dict[str, float | str | None]:
    rate = distribution(cell.result, "output_tok_per_s")
    return {
        "tokens_per_sec_avg": finite(rate.mean) if rate else None,
        "avg_prompt_tokens": _average(cell, lambda usage: usage.prompt_tokens),
        "avg_completion_tokens": _average(cell, lambda usage: usage.completion_tokens),
        "avg_total_tokens": _average(cell, lambda usage: usage.prompt_tokens + usage.completion_tokens),
        "token_source": "+".join(cell.token_sources) or None,
    }


def _average(cell: FinishedCell, count: Callable[[Usage], int]) -> float | None:
    counts = [count(record.usage) for record in cell.answers if record.usage]
    return fmean(counts) if counts else None


def _seconds(value_ms: float | None) -> float | None:
    value = finite(value_ms)
    return None if value is None else value / 1000


def shared_prompt(cells: Sequence[FinishedCell]) -> str | None:
    """The first prompt that every cell with answers has answered; null when there is none."""
    answered = [{record.sample_id for record in cell.answers} for cell in cells if cell.answers]
    common = set.intersection(*answered) if answered else set()
    return next((name for cell in cells for name in cell.prompts if name in common), min(common, default=None))


def first_answer(cell: FinishedCell, sample_id: str | None = None) -> Request | None:
    """The earliest answer, to one prompt if named; in the order of the prompt set, as rounds are shuffled."""
    place = {name: number for number, name in enumerate(cell.prompts)}
    answers = [record for record in cell.answers if sample_id in (None, record.sample_id)]
    return min(answers, key=lambda record: (record.round, place.get(record.sample_id, len(place))), default=None)


def _sample(cell: FinishedCell, sample_id: str | None = None) -> str | None:
    """The first answer of a cell: 160 characters, on one line."""
    record = first_answer(cell, sample_id)
    return sample(record.text) if record else None
