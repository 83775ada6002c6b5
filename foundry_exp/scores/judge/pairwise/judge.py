"""A judge of pairs from the section `scorer.judge`: loaded once, tried, and asked for all that is not there."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from foundry_exp import terminal
from foundry_exp.errors import BackendError
from foundry_exp.prompts.rubric import RubricChoice
from foundry_exp.records.score import Standing
from foundry_exp.runtime.models import request
from foundry_exp.scores.judge import calibration_set
from foundry_exp.scores.judge.judge import Settings
from foundry_exp.scores.judge.judge_model import JudgeModel, loaded
from foundry_exp.scores.judge.pairwise import trial
from foundry_exp.scores.judge.pairwise.match import ALIKE, Match, MatchResult, PairVerdicts, verdicts_so_far
from foundry_exp.scores.judge.pairwise.trial import Limits
from foundry_exp.scores.judge.progress import ProgressLine
from foundry_exp.scores.judge.scorer import FOLDER


@dataclass(frozen=True, slots=True)
class JudgedMatches:
    """What a judge said of some matches."""

    results: tuple[MatchResult, ...]
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

    def judge(self, matches: Sequence[Match]) -> JudgedMatches:
        """What comes of each match; raises BackendError when the judge cannot be had or tried."""
        if all(match.is_alike for match in matches):
            return JudgedMatches(tuple(ALIKE for _ in matches), None, None)
        line = ProgressLine(terminal.progress_console())
        settings = Settings(**{field.name: self._section[field.name] for field in fields(Settings)})
        with loaded(self._model(), settings, line) as (judge, identity):
            verdicts = verdicts_so_far(self._folder, judge, identity)
            rubrics = list({match.rubric.identity: match.rubric for match in matches}.values())
            agreed = calibration_set.named(self._section["calibration"])
            standing = trial.standing(verdicts, agreed, self.limits, rubrics, line)
            results, stopped = _results(verdicts, matches, line)
        return JudgedMatches(tuple(results), identity.scored_by, standing, stopped)

    def _model(self) -> JudgeModel:
        own = {field.name: self._section[field.name] for field in fields(JudgeModel) if field.name in self._section}
        return JudgeModel(**{**own, "model": request.whole(own["model"]), "log_dir": self._folder})


def _results(
    verdicts: PairVerdicts, matches: Sequence[Match], line: ProgressLine
) -> tuple[list[MatchResult], str | None]:
    """What comes of each match, and why the judge stopped; when it did, the rest are unjudged for that reason."""
    results: list[MatchResult] = []
    try:
        for match in line.each(matches, "judging pairs"):
            results.append(verdicts.result(match))
    except BackendError as error:
        unasked = MatchResult("unjudged", f"not asked, since the judge stopped: {error}")
        rest = [ALIKE if match.is_alike else unasked for match in matches[len(results) :]]
        return results + rest, str(error)
    return results, None
