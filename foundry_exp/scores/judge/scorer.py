"""The scorer `judge`: a second model gives the points when all cells are measured, and is tried before believed."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foundry_exp import terminal
from foundry_exp.errors import BackendError
from foundry_exp.files import shipped_files
from foundry_exp.prompts.rubric import RubricChoice
from foundry_exp.protocols import Answer
from foundry_exp.records.record import Sample
from foundry_exp.records.score import Score, Standing
from foundry_exp.runtime.models import request
from foundry_exp.scores.judge import calibration_set
from foundry_exp.scores.judge.calibration import Thresholds
from foundry_exp.scores.judge.calibration_set import CalibrationSet
from foundry_exp.scores.judge.identity import Identity
from foundry_exp.scores.judge.judge import Bench, Settings
from foundry_exp.scores.judge.judge_model import Seat, seated
from foundry_exp.scores.judge.verdict import Unusable, Verdict

if TYPE_CHECKING:
    from foundry_exp.scores.judge.progress import Shown
    from foundry_exp.scores.judge.score_requests import Turn
    from foundry_exp.scores.judge.trial import Trial

NAME = "judge"
FOLDER = "judges"
"""Under `output_dir`: what calibrating came to, and the log of a judge that failed."""


class JudgeScorer:
    """Loads the judge once, calibrates it unless that was done before, and asks for every score that is not there."""

    waits = True

    def __init__(
        self,
        model: dict[str, Any],
        backend: dict[str, Any],
        accel: dict[str, Any],
        rubric: str | None,
        calibration: str | None,
        repeats: int,
        seed: int,
        max_tokens: int,
        load_timeout_s: float,
        first_token_timeout_s: float,
        idle_timeout_s: float,
        total_timeout_s: float,
        thresholds: dict[str, Any],
        provision: dict[str, Any],
        offline: bool,
        device_lock: dict[str, Any],
        output_dir: str,
    ) -> None:
        """Keep what the config says; nothing is read or started yet."""
        self._folder = Path(output_dir) / FOLDER
        self._seat = Seat(
            request.whole(model), backend, accel, load_timeout_s, provision, offline, device_lock, self._folder
        )
        self._settings = Settings(seed, max_tokens, first_token_timeout_s, idle_timeout_s, total_timeout_s)
        self._limits = Thresholds(**thresholds)
        self._rubrics = RubricChoice(rubric, f"scorer.{NAME}.rubric")
        self._calibration = calibration
        self._repeats = repeats
        self._standing: Standing | None = None

    def check(self, samples: Sequence[Sample]) -> None:
        """Raise ConfigError when the judge's model, rubrics or calibration set cannot be found or read."""
        request.refuse_bad_address(self._seat.backend, f"scorer.{NAME}.backend")
        request.local_path(self._seat.model, f"scorer.{NAME}.model")
        for sample in samples:
            self._rubrics.for_sample(sample)
        self._calibration_set()

    def score(self, answers: Sequence[Answer]) -> Iterator[tuple[Answer, Score]]:
        """Every missing score as it is made; raises BackendError when the judge can be asked no more."""
        from foundry_exp.scores.judge import score_requests  # pydantic: not for a look at the config

        asked = list(score_requests.turns(answers, self._rubrics, self._repeats))
        if not asked:
            return
        shown = _shown()
        trial = self._trial()
        with seated(self._seat, self._settings, shown) as (bench, judge):
            by = {turn.rubric.identity: turn.rubric for turn in asked}
            self._standing = trial.standing(bench, judge, list(by.values()), shown)
            given = score_requests.Given(NAME, judge.scored_by, asked)
            left = given.missing()
            yield from given.recalled()
            for turn, found in _judged(bench, left, shown):
                yield turn.answer, _score(turn, found, judge)

    def standing(self) -> Standing | None:
        """Whether the judge that gave the last scores can be believed; null before it was tried."""
        return self._standing

    def _trial(self) -> "Trial":
        from foundry_exp.scores.judge.trial import Trial

        return Trial(self._calibration_set(), self._limits, self._folder)

    def _calibration_set(self) -> CalibrationSet | None:
        if self._calibration is None:
            return None
        return calibration_set.load(shipped_files.locate(self._calibration, f"scorer.{NAME}.calibration"))


def _judged(bench: Bench, turns: "Sequence[Turn]", shown: "Shown") -> "Iterator[tuple[Turn, Verdict | Unusable]]":
    """What the judge says to each turn; when it can be asked no more, the rest say why, and then that is raised.

    Turns that are alike in all that the judge sees are asked once.
    """
    said: dict[tuple[Any, ...], Verdict | Unusable] = {}
    stopped: BackendError | None = None
    for turn in shown.each(turns, "judging"):
        if stopped is None and turn.key not in said:
            try:
                said[turn.key] = bench.judge(
                    turn.rubric, turn.criterion, turn.answer.sample, turn.answer.record.text, turn.repeat
                )
            except BackendError as error:
                stopped = error
        yield turn, said.get(turn.key) or Unusable(f"not asked, since the judge stopped: {stopped}", again=False)
    if stopped is not None:
        raise stopped


def _score(turn: "Turn", found: Verdict | Unusable, judge: Identity) -> Score:
    value, reason = (found.score, found.reason) if isinstance(found, Verdict) else (None, found.problem)
    return Score(
        sample_id=turn.answer.sample.sample_id,
        output_hash=turn.answer.record.output_hash,
        scorer=NAME,
        criterion=turn.criterion.name,
        value=value,
        reason=reason,
        weight=turn.criterion.weight,
        scored_by=judge.scored_by,
        scored_at=datetime.now(UTC).isoformat(timespec="seconds"),
        rubric=turn.scored_by_rubric,
        repeat=turn.repeat,
    )


def _shown() -> "Shown":
    from foundry_exp.scores.judge.progress import Shown

    return Shown(terminal.progress_console())
