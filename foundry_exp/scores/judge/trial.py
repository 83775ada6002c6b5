"""A judge on trial: asked for every agreed score, unless the same trial was kept from before."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from foundry_exp.files import disk
from foundry_exp.files.digest import digest_of
from foundry_exp.prompts.rubric import Rubric
from foundry_exp.records.config import Thresholds
from foundry_exp.records.score import Standing
from foundry_exp.scores.judge import calibration
from foundry_exp.scores.judge.calibration import TrialScore
from foundry_exp.scores.judge.calibration_set import CalibrationSet
from foundry_exp.scores.judge.judge import Judge
from foundry_exp.scores.judge.judge_model import Identity
from foundry_exp.scores.judge.progress import ProgressLine
from foundry_exp.scores.judge.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Trial:
    """What judges are tried on, and what they must reach."""

    calibration_set: CalibrationSet | None
    limits: Thresholds
    folder: Path
    """Where what came of trials is kept, so that the next sweep need not do it again."""

    def standing(self, judge: Judge, identity: Identity, rubrics: Sequence[Rubric], line: ProgressLine) -> Standing:
        """Trusted when it is so by each of the rubrics that it is to judge by."""

        def standing_by(rubric: Rubric, calibration_set: CalibrationSet) -> Standing:
            inputs = _inputs(identity, rubric, calibration_set)
            figures = kept_figures(self.folder, inputs)
            if figures is None:
                scores = _tried(judge, rubric, calibration_set, line)
                figures = calibration.figures(scores, rubric, calibration_set)
                keep_figures(self.folder, inputs, figures)
            return calibration.standing(figures, self.limits)

        return by_each_rubric(identity, rubrics, self.calibration_set, standing_by)


def by_each_rubric(
    identity: Identity,
    rubrics: Sequence[Rubric],
    calibration_set: CalibrationSet | None,
    standing_by: Callable[[Rubric, CalibrationSet], Standing],
) -> Standing:
    """Of several rubrics: all doubts, and the figures of each; untried by one that the calibration set does not fit."""

    def standing(rubric: Rubric) -> Standing:
        if calibration_set is None:
            return calibration.untried("no calibration set is named")
        unfit = calibration_set.unfit(rubric)
        return standing_by(rubric, calibration_set) if unfit is None else calibration.untried(unfit)

    by_rubric = {rubric.name: standing(rubric) for rubric in rubrics}
    doubts = [one.reason for one in by_rubric.values() if one.reason is not None]
    figures = {name: one.figures for name, one in by_rubric.items()}
    of_one = next(iter(figures.values())) if len(figures) == 1 else figures
    return Standing(not doubts, " ".join(doubts) or None, {"judge": asdict(identity), **of_one})


def _tried(judge: Judge, rubric: Rubric, calibration_set: CalibrationSet, line: ProgressLine) -> list[TrialScore]:
    requests = list(calibration.trial_requests(calibration_set.answers, rubric))
    scores = []
    for answer, criterion, repeat in line.each(requests, "calibrating the judge"):
        verdict = judge.score(rubric, criterion, answer.sample, answer.text, repeat)
        scores.append(TrialScore(answer, criterion, repeat, verdict.score if isinstance(verdict, Verdict) else None))
    return scores


def _inputs(identity: Identity, rubric: Rubric, calibration_set: CalibrationSet) -> dict[str, Any]:
    """All that the figures depend on; the thresholds are applied when they are read."""
    return {
        "judge": asdict(identity),
        "rubric": rubric.identity,
        "calibration": calibration_set.identity,
        "again_every": calibration.AGAIN_EVERY,
    }


def kept_figures(folder: Path, inputs: dict[str, Any]) -> dict[str, Any] | None:
    """The figures of exactly this judge, rubric, set and settings; null when there are none, or the file is broken."""
    try:
        content = json.loads(_path(folder, inputs).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(content, dict) or content.get("made_of") != inputs:
        return None
    figures = content.get("figures")
    return figures if isinstance(figures, dict) else None


def keep_figures(folder: Path, inputs: dict[str, Any], figures: dict[str, Any]) -> None:
    """Write the figures down, with all that they depend on."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"made_of": inputs, "figures": figures}, indent=2, ensure_ascii=False, allow_nan=False)
    disk.write_whole(_path(folder, inputs), text + "\n")


def _path(folder: Path, inputs: dict[str, Any]) -> Path:
    return folder / f"{digest_of(inputs)}.json"
