"""How many tokens a typical answer has: what the prompt set expects, else what the compared models wrote."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from foundry_exp.results.candidates import Candidate
from foundry_exp.results.figures import TOKENS


@dataclass(frozen=True, slots=True)
class Expected:
    """The length of a typical answer, and where it is from."""

    tokens: float
    is_stated: bool

    def sentence(self) -> str:
        """What a reader needs to know of it; nothing where no token was counted."""
        if not self.tokens:
            return ""
        source = "as the prompt set expects" if self.is_stated else "the median of the compared models' own"
        return f"A typical answer has {self.tokens:g} tokens, {source}."


def expected(candidates: Sequence[Candidate]) -> Expected:
    """What all runs' prompt sets say alike; else the median over candidates of each one's median, 0 without any."""
    stated = {cell.result.prompts.get("expected_tokens") for one in candidates for cell in one.cells}
    if len(stated) == 1 and (tokens := stated.pop()):
        return Expected(float(tokens), is_stated=True)
    medians = [median(found) for one in candidates if (found := _tokens(one))]
    return Expected(float(round(median(medians))) if medians else 0.0, is_stated=False)


def _tokens(candidate: Candidate) -> list[float]:
    return [value for cell in candidate.cells for value in cell.pooled(TOKENS)]
