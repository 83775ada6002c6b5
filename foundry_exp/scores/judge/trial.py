"""A judge on trial: asked for every agreed score, unless the same trial was kept from before."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from foundry_exp.prompts.rubric import Rubric
from foundry_exp.records.score import Standing
from foundry_exp.scores.judge import calibration, trial_files
from foundry_exp.scores.judge.calibration import Judged, Thresholds
from foundry_exp.scores.judge.calibration_set import CalibrationSet
from foundry_exp.scores.judge.identity import Identity
from foundry_exp.scores.judge.judge import Bench
from foundry_exp.scores.judge.progress import Shown
from foundry_exp.scores.judge.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Trial:
    """What judges are tried on, and what they must reach."""

    known: CalibrationSet | None
    limits: Thresholds
    folder: Path
    """Where what came of trials is kept."""

    def standing(self, bench: Bench, judge: Identity, rubrics: Sequence[Rubric], shown: Shown) -> Standing:
        """Trusted when it is so by each of the rubrics that it is to judge by."""
        return together(judge, {rubric.name: self._by(bench, judge, rubric, shown) for rubric in rubrics})

    def _by(self, bench: Bench, judge: Identity, rubric: Rubric, shown: Shown) -> Standing:
        known = self.known
        unfit = "no calibration set is named" if known is None else known.unfit(rubric)
        if known is None or unfit is not None:
            return calibration.untried(unfit or "")
        made_of = _made_of(judge, rubric, known)
        figures = trial_files.find(self.folder, made_of)
        if figures is None:
            figures = calibration.figures(list(_tried(bench, rubric, known, shown)), rubric, known)
            trial_files.keep(self.folder, made_of, figures)
        return calibration.standing(figures, self.limits)


def together(judge: Identity, by_rubric: Mapping[str, Standing]) -> Standing:
    """Of several rubrics: all doubts, and the figures of each."""
    doubts = [one.reason for one in by_rubric.values() if one.reason is not None]
    figures = {name: one.figures for name, one in by_rubric.items()}
    of_one = next(iter(figures.values())) if len(figures) == 1 else figures
    return Standing(not doubts, " ".join(doubts) or None, {"judge": asdict(judge), **of_one})


def _tried(bench: Bench, rubric: Rubric, known: CalibrationSet, shown: Shown) -> list[Judged]:
    turns = list(calibration.turns(known.items, rubric))
    judged = []
    for item, criterion, repeat in shown.each(turns, "calibrating the judge"):
        found = bench.judge(rubric, criterion, item.sample, item.answer, repeat)
        judged.append(Judged(item, criterion, repeat, found.score if isinstance(found, Verdict) else None))
    return judged


def _made_of(judge: Identity, rubric: Rubric, known: CalibrationSet) -> dict[str, Any]:
    """All that the figures depend on; the thresholds are applied when they are read."""
    return {
        "judge": asdict(judge),
        "rubric": rubric.identity,
        "calibration": f"{known.name}:{known.digest}",
        "again_every": calibration.AGAIN_EVERY,
    }
