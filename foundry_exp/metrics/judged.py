"""What a reader must know of who judged a run: a judge that is not believed, or one of the judged model's family."""

import re
from collections.abc import Mapping
from typing import Any

from foundry_exp.records.run_result import ModelFacts, RunResult
from foundry_exp.records.score import Scored

_OPENING = "judge: "
"""What every warning of this kind begins with, so that a new score replaces the last one's."""


def warned(result: RunResult, scores: Mapping[str, Scored]) -> tuple[str, ...]:
    """A run's warnings, brought up to date with who judged it."""
    others = tuple(warning for warning in result.warnings if not warning.startswith(_OPENING))
    judged_by = scores["judge"].standing if "judge" in scores else None
    if judged_by is None:
        return others
    judge = judged_by.figures.get("judge")
    found = [judged_by.reason, kin(result.model, judge) if judge else None]
    return (*others, *(_OPENING + why for why in found if why is not None))


def kin(model: ModelFacts, judge: Mapping[str, Any]) -> str | None:
    """How the two belong together; null when they do not."""
    if judge["files_digest"] is not None and judge["files_digest"] == model.files_digest:
        return f"{judge['variant']} judges itself, and models favour their own answers; take another judge."
    shared = families(judge["variant"] or "") & (families(model.alias) | families(model.variant or ""))
    if not shared:
        return None
    return (
        f"{judge['variant']} and {model.alias} are of one family ({', '.join(sorted(shared))}), and models favour "
        f"answers like their own; take a judge of another family."
    )


def families(name: str) -> set[str]:
    """The family that a model's name begins with, and the one that it was distilled into: phi, qwen, deepseek."""
    return set(re.findall(r"(?:^|distill-)([a-z]+)", name.lower()))
