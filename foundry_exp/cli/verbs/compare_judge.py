"""`compare --judge`: the judge that its settings name, checked before it is loaded."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foundry_exp import target
from foundry_exp.errors import ConfigError
from foundry_exp.scores.check import HANDED_DOWN

if TYPE_CHECKING:
    from foundry_exp.decide.compare import Comparison
    from foundry_exp.scores.judge.pairwise.judge import PairwiseJudge

SECTION = "scorer.judge"


def refuse_unread(settings: Sequence[str], *, judged: bool) -> None:
    """Raise ConfigError for a setting that nothing would read."""
    for text in settings:
        if not judged:
            msg = f"{text}: compare has no settings but those of a judge of pairs; add --judge, or leave it out."
            raise ConfigError(msg)
        group, _, package = text.lstrip("+~").partition("=")[0].partition("@")
        key = package or group
        if key not in HANDED_DOWN and not key.startswith((f"{SECTION}.", *(f"{part}." for part in HANDED_DOWN))):
            allowed = ", ".join((f"{SECTION}.…", *HANDED_DOWN))
            msg = f"{text}: a judge of pairs reads {allowed} only, as in model@{SECTION}.model=phi-4-mini."
            raise ConfigError(msg)


def judge(settings: Sequence[str], output_dir: Path, found: "Comparison") -> "PairwiseJudge":
    """The judge of pairs, which could judge what was compared; raises ConfigError when it could not."""
    from foundry_exp.config import compose
    from foundry_exp.files import json_schema
    from foundry_exp.scores.check import check
    from foundry_exp.scores.judge.pairwise.judge import PairwiseJudge

    place = f'output_dir="{output_dir.as_posix()}"'
    every_job, _ = compose.jobs(["scorer=judge", *settings, place], multirun=False)
    composed: dict[str, Any] = every_job[0].plain
    json_schema.check(composed, "config", "config")
    able = [one for one in found.candidates if one.why_not is None]
    naming = {sample.rubric: sample for one in able for sample in one.cells[0].cell.samples}
    section = composed["scorer"]["judge"]
    check("judge", section, list(naming.values()))
    return PairwiseJudge(target.build(section, SECTION))
