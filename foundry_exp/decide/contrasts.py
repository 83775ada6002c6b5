"""A candidate's figures as they are compared: prompt by prompt, or one a run."""

from collections.abc import Mapping

from foundry_exp.metrics.summary import typical_answer_ms
from foundry_exp.results.figures import CellFigures, Prompt
from foundry_exp.results.typical import TYPICAL


def by_prompt(cell: CellFigures, metric: str, expected_tokens: float | None) -> Mapping[Prompt, float]:
    """A metric's typical value of each prompt; no typical answer where nobody says its length."""
    if metric != TYPICAL:
        return cell.by_prompt(metric)
    if expected_tokens is None:
        return {}
    first, each = cell.by_prompt("ttft_ms"), cell.by_prompt("tpot_ms")
    return {
        prompt: typical_answer_ms(first[prompt], each[prompt], expected_tokens) for prompt in first if prompt in each
    }


def of_run(cell: CellFigures, metric: str) -> float | None:
    """A figure that a run has one of, and that has a logarithm."""
    value = cell.of_run(metric)
    return value if value is not None and value > 0 else None
