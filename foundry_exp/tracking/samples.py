"""The table of answers that MLflow shows side by side: one row a prompt, from the first measured round."""

from collections.abc import Sequence
from typing import Any

from foundry_exp.metrics.quality import answer_quality
from foundry_exp.prompts.prompt_sets import one_text
from foundry_exp.records.run_result import RunResult
from foundry_exp.records.score import ANNOTATION, Score
from foundry_exp.results.cell import FinishedCell
from foundry_exp.results.requests import Request
from foundry_exp.tracking.contents import cut

SAMPLES_FILE = "samples.json"

# MLflow groups by the first column and compares the one named `output`.
COLUMNS = (
    "sample_id", "prompt", "output", "e2e_ms", "ttft_ms", "tokens", "finish_reason", "error", "quality", "scores",
    "rationales",
)  # fmt: skip
MAX_RATIONALE = 2000


def sample_table(cell: FinishedCell) -> dict[str, Any]:
    """Columns and rows as pandas' `split` JSON, which is what MLflow reads."""
    prompts = {sample.sample_id: one_text(sample.messages, "\n\n") for sample in cell.samples}
    requests = first_round(cell.measured)
    ids = [*prompts, *(sample_id for sample_id in requests if sample_id not in prompts)]
    rows = [
        [
            *_row(sample_id, prompts.get(sample_id), requests.get(sample_id), cell.result),
            *_scored(requests.get(sample_id), cell.scores, cell.result.quality_source),
        ]
        for sample_id in ids
    ]
    return {"columns": list(COLUMNS), "data": rows}


def first_round(measured: Sequence[Request]) -> dict[str, Request]:
    """The request of each prompt's first measured round, by sample id."""
    first: dict[str, Request] = {}
    for request in sorted(measured, key=lambda request: request.round):
        first.setdefault(request.sample_id, request)
    return first


def _row(sample_id: str, prompt: str | None, request: Request | None, result: RunResult) -> list[object]:
    if request is None:
        return [sample_id, prompt, None, None, None, None, None, result.reason or "not measured"]
    error = f"{request.error.class_}: {request.error.message}" if request.error else None
    tokens = request.usage.completion_tokens if request.usage and request.token_source == "usage" else None
    return [sample_id, prompt, request.text, request.e2e_ms, request.ttft_ms, tokens, request.finish_reason, error]


def _scored(request: Request | None, scores: Sequence[Score], source: str | None) -> list[object]:
    """The answer's quality by the scorer that stands for the cell, and every scorer's points and reasons."""
    if request is None or request.error:
        return [None, None, None]
    key = (request.sample_id, request.output_hash)
    own = [score for score in scores if (score.sample_id, score.output_hash) == key]
    points = answer_quality(score for score in own if score.scorer == source)
    values = [f"{_named(score)} {'unscored' if score.value is None else f'{score.value:.3g}'}" for score in own]
    reasons = [f"{_named(score)}: {score.reason}" for score in own if score.reason]
    return [points.get(key), "\n".join(values) or None, cut("\n".join(reasons), MAX_RATIONALE) or None]


def _named(score: Score) -> str:
    person = f" ({score.scored_by})" if score.scorer == ANNOTATION else ""
    return f"{score.scorer}{person}/{score.criterion}"
