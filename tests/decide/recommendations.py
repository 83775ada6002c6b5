"""Recommendations for planted runs, by the decisions that ship."""

from collections.abc import Sequence
from pathlib import Path

from foundry_exp.config import compose
from foundry_exp.decide.recommend import Recommendation, recommend
from foundry_exp.records.decision import Decision
from foundry_exp.results import candidates, comparable


def decision(*settings: str, option: str = "default-summarizer") -> Decision:
    """A decision as a command composes it."""
    return compose.section(Decision, option, settings)


def decided(*runs: Path, settings: Sequence[str] = ()) -> Recommendation:
    """What is recommended of runs that can be compared."""
    read = candidates.read(runs, together=True)
    comparable.refuse(comparable.mismatches([one for one in read if one.why_not is None]))
    return recommend(read, decision(*settings))
