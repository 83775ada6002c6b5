"""The figures that two candidates are compared by, and the words for a difference in each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from foundry_exp.metrics.summary import typical_answer_ms
from foundry_exp.results.figures import ENERGY, QUALITY, CellFigures, Prompt
from foundry_exp.results.typical import TYPICAL

Kind = Literal["time", "rate", "amount", "points"]


@dataclass(frozen=True, slots=True)
class Contrast:
    """One figure, and how a person says that it differs."""

    metric: str
    kind: Kind
    """Times, rates and amounts differ by a ratio, points by a difference. A fall of a time or a rate is said as
    speed (half the time is twice as fast), of an amount as what is saved."""
    more: str
    """What the second candidate does when its figure is larger; `{much}` is how much."""
    less: str
    noun: str

    @property
    def is_ratio(self) -> bool:
        """Whether values are compared as logarithms."""
        return self.kind != "points"


PAIRED = (
    Contrast("e2e_ms", "time", "answers {much} slower", "answers {much} faster", "the whole answer"),
    Contrast(
        TYPICAL,
        "time",
        "takes {much} longer for an answer of {tokens} tokens",
        "is {much} faster with an answer of {tokens} tokens",
        "an answer of {tokens} tokens",
    ),
    Contrast("ttft_ms", "amount", "starts {much} later", "starts {much} sooner", "the first token"),
    Contrast("decode_tok_per_s", "rate", "writes {much} faster", "writes {much} slower", "the decode rate"),
    Contrast(QUALITY, "points", "is better by {much}", "is worse by {much}", "quality"),
)
"""Compared prompt by prompt."""

BY_RUN = (
    Contrast("load_s", "time", "loads {much} slower", "loads {much} faster", "the load time"),
    Contrast("rss_peak_mb", "amount", "needs {much} more memory", "needs {much} less memory", "peak memory"),
    Contrast(ENERGY, "amount", "uses {much} more energy", "uses {much} less energy", "energy of a token"),
)
"""One figure a run, so that they can be tested only where runs were repeated."""


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
