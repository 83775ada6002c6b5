"""The table of answers that MLflow shows side by side: one row a prompt, from the first measured round."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from foundry_exp.metrics.quality import answer_quality, current
from foundry_exp.metrics.request import RequestMetrics, request_metrics
from foundry_exp.prompts.prompt_sets import one_text
from foundry_exp.records.record import Record
from foundry_exp.records.run_folder import read_records, read_samples_if_kept, read_scores
from foundry_exp.records.run_result import RunResult
from foundry_exp.records.score import ANNOTATION, Score
from foundry_exp.tracking.contents import cut

SAMPLES_FILE = "samples.json"

# MLflow groups by the first column and compares the one named `output`.
COLUMNS = (
    "sample_id", "prompt", "output", "e2e_ms", "ttft_ms", "tokens", "finish_reason", "error", "quality", "scores",
    "rationales",
)  # fmt: skip
MAX_RATIONALE = 2000


def sample_table(folder: Path, result: RunResult) -> dict[str, Any]:
    """Columns and rows as pandas' `split` JSON, which is what MLflow reads."""
    prompts = {sample.sample_id: one_text(sample.messages, "\n\n") for sample in read_samples_if_kept(folder)}
    records = first_round(read_records(folder))
    ids = [*prompts, *(sample_id for sample_id in records if sample_id not in prompts)]
    scores = current(read_scores(folder))
    rows = [
        [
            *_row(sample_id, prompts.get(sample_id), records.get(sample_id), result),
            *_scored(records.get(sample_id), scores, result.quality_source),
        ]
        for sample_id in ids
    ]
    return {"columns": list(COLUMNS), "data": rows}


def first_round(records: list[Record]) -> dict[str, Record]:
    """The record of each prompt's first measured round, by sample id."""
    measured = sorted((record for record in records if record.phase == "measure"), key=lambda record: record.round)
    first: dict[str, Record] = {}
    for record in measured:
        first.setdefault(record.sample_id, record)
    return first


def _row(sample_id: str, prompt: str | None, record: Record | None, result: RunResult) -> list[object]:
    if record is None:
        return [sample_id, prompt, None, None, None, None, None, result.reason or "not measured"]
    error = f"{record.error.class_}: {record.error.message}" if record.error else None
    tokens = record.usage.completion_tokens if record.usage and record.token_source == "usage" else None
    times = request_metrics(record) if result.status != "device_mismatch" else RequestMetrics()
    return [sample_id, prompt, record.text, times.e2e_ms, times.ttft_ms, tokens, record.finish_reason, error]


def _scored(record: Record | None, scores: Sequence[Score], source: str | None) -> list[object]:
    """The answer's quality by the scorer that stands for the cell, and every scorer's points and reasons."""
    if record is None or record.error:
        return [None, None, None]
    key = (record.sample_id, record.output_hash)
    own = [score for score in scores if (score.sample_id, score.output_hash) == key]
    points = answer_quality(score for score in own if score.scorer == source)
    values = [f"{_named(score)} {'unscored' if score.value is None else f'{score.value:.3g}'}" for score in own]
    reasons = [f"{_named(score)}: {score.reason}" for score in own if score.reason]
    return [points.get(key), "\n".join(values) or None, cut("\n".join(reasons), MAX_RATIONALE) or None]


def _named(score: Score) -> str:
    person = f" ({score.scored_by})" if score.scorer == ANNOTATION else ""
    return f"{score.scorer}{person}/{score.criterion}"
