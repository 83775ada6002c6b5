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
from foundry_exp.records.config import Thresholds
from foundry_exp.records.config_sections import Accel, Backend, DeviceLock, Model, Provision
from foundry_exp.records.record import Sample
from foundry_exp.records.score import JUDGE, Score, Standing
from foundry_exp.runtime.models import request
from foundry_exp.scores.judge.calibration_set import CalibrationSet, load
from foundry_exp.scores.judge.judge import Judge, Settings
from foundry_exp.scores.judge.judge_model import Identity, JudgeModel, loaded
from foundry_exp.scores.judge.progress import ProgressLine
from foundry_exp.scores.judge.trial import Trial
from foundry_exp.scores.judge.verdict import Unusable, Verdict

if TYPE_CHECKING:
    from foundry_exp.scores.judge.score_requests import ScoreRequest

FOLDER = "judges"
"""Under `output_dir`: what calibrating came to, and the log of a judge that failed."""


class JudgeScorer:
    """Loads the judge once, calibrates it unless that was done before, and asks for every score that is not there."""

    waits = True

    def __init__(
        self,
        model: Model,
        backend: Backend,
        accel: Accel,
        rubric: str | None,
        calibration: str | None,
        repeats: int,
        seed: int,
        max_tokens: int,
        load_timeout_s: float,
        first_token_timeout_s: float,
        idle_timeout_s: float,
        total_timeout_s: float,
        thresholds: Thresholds,
        provision: Provision,
        offline: bool,
        device_lock: DeviceLock,
        output_dir: str,
    ) -> None:
        """Keep what the config says; nothing is read or started yet."""
        self.folder = Path(output_dir) / FOLDER
        self.model = JudgeModel(model, backend, accel, load_timeout_s, provision, offline, device_lock, self.folder)
        self.settings = Settings(seed, max_tokens, first_token_timeout_s, idle_timeout_s, total_timeout_s)
        self.thresholds = thresholds
        self.rubrics = RubricChoice(rubric, f"scorer.{JUDGE}.rubric")
        self._calibration = calibration
        self._repeats = repeats
        self._standing: Standing | None = None

    def check(self, samples: Sequence[Sample]) -> None:
        """Raise ConfigError when the judge's model, rubrics or calibration set cannot be found or read."""
        request.refuse_bad_address(self.model.backend, f"scorer.{JUDGE}.backend")
        request.local_path(self.model.model, f"scorer.{JUDGE}.model")
        for sample in samples:
            self.rubrics.for_sample(sample)
        self.calibration_set()

    def score(self, answers: Sequence[Answer]) -> Iterator[tuple[Answer, Score]]:
        """Every missing score as it is made; raises BackendError when the judge can be asked no more."""
        from foundry_exp.scores.judge import score_requests  # pydantic: not for a look at the config

        requests = list(score_requests.score_requests(answers, self.rubrics, self._repeats))
        if not requests:
            return
        line = ProgressLine(terminal.progress_console())
        trial = Trial(self.calibration_set(), self.thresholds, self.folder)
        with loaded(self.model, self.settings, line) as (judge, identity):
            rubrics = {request.rubric.identity: request.rubric for request in requests}
            self._standing = trial.standing(judge, identity, list(rubrics.values()), line)
            prior = score_requests.prior_scores(JUDGE, identity.scored_by, requests)
            yield from prior.recalled(requests)
            for score_request, verdict in _judged(judge, prior.missing(requests), line):
                yield score_request.answer, _score(score_request, verdict, identity)

    def calibration_set(self) -> CalibrationSet | None:
        """What it is tried on; raises ConfigError when that cannot be read."""
        named = self._calibration
        return None if named is None else load(shipped_files.locate(named, f"scorer.{JUDGE}.calibration"))

    def standing(self) -> Standing | None:
        """Whether the judge that gave the last scores can be believed; null before it was tried."""
        return self._standing


def _judged(
    judge: Judge, requests: "Sequence[ScoreRequest]", line: ProgressLine
) -> "Iterator[tuple[ScoreRequest, Verdict | Unusable]]":
    """What the judge says to each request; when it can be asked no more, the rest say why, and then that is raised.

    Requests that are alike in all that the judge sees are asked once.
    """
    verdicts: dict[tuple[Any, ...], Verdict | Unusable] = {}
    stopped: BackendError | None = None
    for one in line.each(requests, "judging"):
        if stopped is None and one.seen not in verdicts:
            try:
                verdicts[one.seen] = judge.score(
                    one.rubric, one.criterion, one.answer.sample, one.answer.record.text, one.repeat
                )
            except BackendError as error:
                stopped = error
        yield one, verdicts.get(one.seen) or Unusable(f"not asked, since the judge stopped: {stopped}", retry=False)
    if stopped is not None:
        raise stopped


def _score(score_request: "ScoreRequest", verdict: Verdict | Unusable, identity: Identity) -> Score:
    value, reason = (verdict.score, verdict.reason) if isinstance(verdict, Verdict) else (None, verdict.problem)
    return Score(
        sample_id=score_request.answer.sample.sample_id,
        output_hash=score_request.answer.record.output_hash,
        scorer=JUDGE,
        criterion=score_request.criterion.name,
        value=value,
        reason=reason,
        weight=score_request.criterion.weight,
        scored_by=identity.scored_by,
        scored_at=datetime.now(UTC).isoformat(timespec="seconds"),
        rubric=score_request.scored_by_rubric,
        repeat=score_request.repeat,
    )
