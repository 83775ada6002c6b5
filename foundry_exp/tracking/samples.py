"""The table of answers that MLflow shows side by side: one row a prompt, from the first measured round."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from foundry_exp.errors import StoreError
from foundry_exp.metrics.request import request_metrics
from foundry_exp.records import Record, RunResult
from foundry_exp.store import PROMPTS_FILE, read_records

SAMPLES_FILE = "samples.json"

# MLflow groups by the first column and compares the one named `output`.
COLUMNS = ("sample_id", "prompt", "output", "e2e_ms", "ttft_ms", "tokens", "finish_reason", "error")


def sample_table(folder: Path, result: RunResult) -> dict[str, Any]:
    """Columns and rows as pandas' `split` JSON, which is what MLflow reads."""
    prompts = read_prompts(folder)
    records = first_round(read_records(folder))
    ids = [*prompts, *(sample_id for sample_id in records if sample_id not in prompts)]
    rows = [_row(sample_id, prompts.get(sample_id), records.get(sample_id), result.reason) for sample_id in ids]
    return {"columns": list(COLUMNS), "data": rows}


def first_round(records: list[Record]) -> dict[str, Record]:
    """The record of each prompt's first measured round, by sample id."""
    measured = sorted((record for record in records if record.phase == "measure"), key=lambda record: record.round)
    first: dict[str, Record] = {}
    for record in measured:
        first.setdefault(record.sample_id, record)
    return first


def _row(sample_id: str, prompt: str | None, record: Record | None, reason: str | None) -> list[object]:
    if record is None:
        return [sample_id, prompt, None, None, None, None, None, reason or "not measured"]
    error = f"{record.error.class_}: {record.error.message}" if record.error else None
    tokens = record.usage.completion_tokens if record.usage else None
    times = request_metrics(record)
    return [sample_id, prompt, record.text, times.e2e_ms, times.ttft_ms, tokens, record.finish_reason, error]


def read_prompts(folder: Path) -> dict[str, str]:
    """Each prompt as one text, by sample id; nothing where the runner wrote no prompts."""
    path = folder / PROMPTS_FILE
    try:
        entries = json.loads(path.read_bytes())
        return {entry["sample_id"]: _text(entry["messages"]) for entry in entries}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError) as error:
        msg = f"{path}: not a list of prompts ({error!r}); remove it to publish without them."
        raise StoreError(msg) from error


def _text(messages: list[Mapping[str, str]]) -> str:
    if len(messages) == 1:
        return messages[0]["content"]
    return "\n\n".join(f"{message['role']}: {message['content']}" for message in messages)
