"""The typical answer: how many tokens it has, and how long a run takes for one."""

from collections.abc import Iterable
from dataclasses import dataclass

from foundry_exp.metrics.summary import typical_answer_ms
from foundry_exp.records.run_result import RunResult
from foundry_exp.results.row import finite, scalar

TYPICAL = "typical_answer_ms"


@dataclass(frozen=True, slots=True)
class Expected:
    """The length of a typical answer, and who says it; null where nobody does, or prompt sets disagree."""

    tokens: float | None
    by: str = "the prompt set expects"

    def sentence(self) -> str:
        """What a reader needs to know of it; nothing where there is no typical answer."""
        return f"A typical answer has {self.tokens:g} tokens, as {self.by}." if self.tokens else ""


def expected(results: Iterable[RunResult], of_decision: float | None = None) -> Expected:
    """What the decision says, else what all prompt sets say alike; never the length of what models wrote."""
    if of_decision:
        return Expected(of_decision, "the decision says")
    stated = {finite(result.prompts.get("expected_tokens")) for result in results}
    tokens = stated.pop() if len(stated) == 1 else None
    return Expected(float(tokens) if tokens else None)


def of_run(result: RunResult, tokens: float | None) -> float | None:
    """A run's typical answer of so many tokens, ms; null without streaming or with estimated tokens."""
    ttft_ms, tpot_ms = (scalar(result, name) for name in ("ttft_ms", "tpot_ms"))
    if tokens is None or ttft_ms is None or tpot_ms is None or result.shown_metrics.get("estimated_rate"):
        return None
    return typical_answer_ms(ttft_ms, tpot_ms, tokens)


def note(results: Iterable[RunResult]) -> str | None:
    """Where the length of a table's typical answers is from; nothing where no cell has one."""
    able = [result for result in results if scalar(result, TYPICAL)]
    stated = sorted({tokens for result in able if (tokens := finite(result.prompts.get("expected_tokens")))})
    if not stated:
        return None
    return f"Typical answer: of {' or '.join(f'{n:g}' for n in stated)} tokens, as the prompt set expects."
