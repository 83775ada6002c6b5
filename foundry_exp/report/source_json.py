"""report.json: the fields of the original benchmark scripts, one object a cell, times in seconds.

`alias`, `rounds`, `latency_avg`, `latency_p95`, `tokens_per_sec_avg`, `first_token_latency_avg` and
`sample_response` are the first script's names; `model_id`, `rounds_ok`, `latency_*_s`, `avg_*_tokens`
and `sample_output` the notebook's. Three things differ from them on purpose: `tokens_per_sec_avg` is
completion tokens / end-to-end seconds (theirs counted the prompt's tokens too), the first token is
timed in the measured requests themselves, and what is missing is null. `typical_answer_ms` is of
this tool alone, the figure that a recommendation weighs.
"""

import json
from collections.abc import Callable, Sequence
from statistics import fmean
from typing import Any

from foundry_exp.files.escape import one_line
from foundry_exp.records.record import Usage
from foundry_exp.report.samples import sample_of, shared_prompt
from foundry_exp.results.cell import CellReport
from foundry_exp.results.row import distribution, finite


def document(cells: Sequence[CellReport]) -> str:
    """The whole file."""
    return json.dumps(entries(cells), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def entries(cells: Sequence[CellReport]) -> list[dict[str, Any]]:
    """What it has of each cell."""
    shared = shared_prompt(cells)
    return [_entry(cell, shared) for cell in cells]


def _entry(cell: CellReport, shared: str | None) -> dict[str, Any]:
    row = cell.row
    answer = sample_of(cell, shared)
    return {
        "alias": one_line(row.model),
        "model_id": one_line(row.variant) if row.variant else None,
        "status": row.status,
        "reason": one_line(row.reason) if row.reason else None,
        **_rounds(cell),
        **_times(cell),
        **_tokens(cell),
        "typical_answer_ms": row.typical_answer_ms,
        "sample_response": answer,
        "sample_output": answer,
    }


def _rounds(cell: CellReport) -> dict[str, int | None]:
    """Rounds of the prompt set that were begun, and those in which every request was answered."""
    begun = {record.round for record in cell.measured}
    broken = {record.round for record in cell.measured if record.error}
    return {"rounds": len(begun) or None, "rounds_ok": len(begun - broken) if begun else None}


def _times(cell: CellReport) -> dict[str, float | None]:
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


def _tokens(cell: CellReport) -> dict[str, float | str | None]:
    rate = distribution(cell.result, "output_tok_per_s")
    return {
        "tokens_per_sec_avg": finite(rate.mean) if rate else None,
        "avg_prompt_tokens": _average(cell, lambda usage: usage.prompt_tokens),
        "avg_completion_tokens": _average(cell, lambda usage: usage.completion_tokens),
        "avg_total_tokens": _average(cell, lambda usage: usage.prompt_tokens + usage.completion_tokens),
        "token_source": "+".join(cell.token_sources) or None,
    }


def _average(cell: CellReport, count: Callable[[Usage], int]) -> float | None:
    counts = [count(record.usage) for record in cell.answers if record.usage]
    return fmean(counts) if counts else None


def _seconds(value_ms: float | None) -> float | None:
    value = finite(value_ms)
    return None if value is None else value / 1000
