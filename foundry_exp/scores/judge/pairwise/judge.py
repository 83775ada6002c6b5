"""A judge of pairs from the section `scorer.judge`: loaded once, tried, and asked for all that is not there."""

from collections.abc import Sequence
from dataclasses import dataclass

from foundry_exp import terminal
from foundry_exp.errors import BackendError
from foundry_exp.records.score import Standing
from foundry_exp.scores.judge.judge_model import loaded
from foundry_exp.scores.judge.pairwise import trial
from foundry_exp.scores.judge.pairwise.match import ALIKE, Match, MatchResult, PairVerdicts, verdicts_so_far
from foundry_exp.scores.judge.progress import ProgressLine
from foundry_exp.scores.judge.scorer import JudgeScorer


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

    def __init__(self, scorer: JudgeScorer) -> None:
        """Take the judge that the section describes; nothing is read or started yet."""
        self._scorer = scorer
        self.rubrics = scorer.rubrics
        self.thresholds = scorer.thresholds

    def judge(self, matches: Sequence[Match]) -> JudgedMatches:
        """What comes of each match; raises BackendError when the judge cannot be had or tried."""
        if all(match.is_alike for match in matches):
            return JudgedMatches(tuple(ALIKE for _ in matches), None, None)
        line = ProgressLine(terminal.progress_console())
        scorer = self._scorer
        with loaded(scorer.model, scorer.settings, line) as (judge, identity):
            verdicts = verdicts_so_far(scorer.folder, judge, identity)
            rubrics = list({match.rubric.identity: match.rubric for match in matches}.values())
            standing = trial.standing(verdicts, scorer.calibration_set(), self.thresholds, rubrics, line)
            results, stopped = _results(verdicts, matches, line)
        return JudgedMatches(tuple(results), identity.scored_by, standing, stopped)


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
