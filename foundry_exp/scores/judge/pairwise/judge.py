"""A judge of pairs from the section `scorer.judge`: loaded once, tried, and asked for all that is not there."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from foundry_exp import terminal
from foundry_exp.errors import BackendError
from foundry_exp.files import shipped_files
from foundry_exp.prompts.rubric import RubricChoice
from foundry_exp.records.score import Standing
from foundry_exp.runtime.models import request
from foundry_exp.scores.judge import calibration_set
from foundry_exp.scores.judge.judge import Settings
from foundry_exp.scores.judge.judge_model import Seat, seated
from foundry_exp.scores.judge.pairwise import match, trial, verdicts
from foundry_exp.scores.judge.pairwise.match import Match, Outcome
from foundry_exp.scores.judge.pairwise.trial import Limits
from foundry_exp.scores.judge.progress import Shown
from foundry_exp.scores.judge.scorer import FOLDER


@dataclass(frozen=True, slots=True)
class Judged:
    """What a judge said of some matches."""

    outcomes: tuple[Outcome, ...]
    """In the order of the matches."""
    judge: str | None
    """Which judge it was; null where none was needed."""
    standing: Standing | None
    stopped: str | None = None
    """Why not all could be asked; null when they were."""


class PairwiseJudge:
    """Says of two answers to one prompt which is better."""

    def __init__(self, section: dict[str, Any]) -> None:
        """Keep the section, which has been checked; nothing is read or started yet."""
        self._section = section
        self._folder = Path(section["output_dir"]) / FOLDER
        self.rubrics = RubricChoice(section["rubric"], "scorer.judge.rubric")
        thresholds = section["thresholds"]
        self.limits = Limits(**thresholds["pairs"], unparseable=thresholds["unparseable"])

    def judge(self, matches: Sequence[Match]) -> Judged:
        """What comes of each match; raises BackendError when the judge cannot be had or tried."""
        if all(one.is_alike for one in matches):
            return Judged(tuple(match.ALIKE for _ in matches), None, None)
        shown = Shown(terminal.progress_console())
        settings = Settings(**{field.name: self._section[field.name] for field in fields(Settings)})
        with seated(self._seat(), settings, shown) as (bench, judge):
            said = verdicts.opened(self._folder, bench, judge)
            by = list({one.rubric.identity: one.rubric for one in matches}.values())
            standing = trial.standing(said, self._known(), self.limits, by, shown)
            outcomes, stopped = _outcomes(said, matches, shown)
        return Judged(tuple(outcomes), judge.scored_by, standing, stopped)

    def _seat(self) -> Seat:
        own = {field.name: self._section[field.name] for field in fields(Seat) if field.name in self._section}
        return Seat(**{**own, "model": request.whole(own["model"]), "log_dir": self._folder})

    def _known(self) -> calibration_set.CalibrationSet | None:
        named = self._section["calibration"]
        return None if named is None else calibration_set.load(shipped_files.locate(named, "scorer.judge.calibration"))


def _outcomes(said: verdicts.Verdicts, matches: Sequence[Match], shown: Shown) -> tuple[list[Outcome], str | None]:
    """What comes of each match, and why the judge stopped; when it did, the rest are unjudged for that reason."""
    outcomes: list[Outcome] = []
    try:
        for one in shown.each(matches, "judging pairs"):
            outcomes.append(said.of(one))
    except BackendError as error:
        left = Outcome("unjudged", f"not asked, since the judge stopped: {error}")
        rest = [match.ALIKE if one.is_alike else left for one in matches[len(outcomes) :]]
        return outcomes + rest, str(error)
    return outcomes, None
