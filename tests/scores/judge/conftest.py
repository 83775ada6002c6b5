"""A judge that is played, in a process of its own like any other, and run folders for it."""

from pathlib import Path
from typing import Any

import pytest

from foundry_exp.records import run_folder
from foundry_exp.records.run_result import RunResult
from foundry_exp.records.score import Score
from foundry_exp.scores.check import made
from foundry_exp.scores.judge.scorer import JudgeScorer
from tests.run_folders import make_run_folder
from tests.scores.judge.played import DIES_AT
from tests.scores.scoring import score_folders

ROOT = Path(__file__).parents[3]
CRITERIA = 4
"""How many the rubric `summary` has."""
ADDRESS = "foundry_exp.scores.judge.scorer.JudgeScorer"
THRESHOLDS: dict[str, Any] = {
    "kappa": 0.6, "self_consistency": 0.8, "unparseable": 0.05, "length_correlation": 0.3,
    "pairs": {"agreement": 0.7, "flips": 0.3},
}  # fmt: skip


class Court:
    """One folder of runs, and the judges that come to it."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.log = place / "log.txt"

    def run_folder(self, model: str = "demo-small", **changes: Any) -> Path:
        return make_run_folder(self.place / "runs", model=model, **changes)

    def judge(self, role: str = "perfect", *, dies_at: int = 0, **changes: Any) -> JudgeScorer:
        (self.place / DIES_AT).write_text(str(dies_at), encoding="utf-8")  # no setting, since it is the same judge
        backend = {
            "_target_": "tests.scores.judge.played.PlayedJudge", "name": "played", "role": role, "log": str(self.log),
        }  # fmt: skip
        fields: dict[str, Any] = {
            "model": {"alias": "played"}, "backend": backend, "accel": {"name": "auto", "device": None, "prefer": []},
            "rubric": "summary", "calibration": "shipped:prompts/calibration/summary.json", "repeats": 1, "seed": 0,
            "max_tokens": 200, "load_timeout_s": 60.0, "first_token_timeout_s": 30.0, "idle_timeout_s": 30.0,
            "total_timeout_s": 30.0, "thresholds": THRESHOLDS, "offline": True,
            "device_lock": {"mode": "wait", "timeout_s": 600.0, "device": None, "folder": str(self.place / "locks")},
            "output_dir": str(self.place),
            "provision": {"download": False, "stall_timeout_s": 1.0, "retries": 0},
        }  # fmt: skip
        judge = made("judge", {"_target_": ADDRESS, **fields, **changes})
        assert isinstance(judge, JudgeScorer)
        return judge

    def score(self, folder: Path, judge: JudgeScorer) -> RunResult:
        score_folders([folder], "judge", judge)
        return run_folder.read_result(folder)

    def scores(self, folder: Path) -> list[Score]:
        return run_folder.read_scores(folder)

    def noted(self, what: str) -> int:
        """How often a judge was loaded, asked, or asked for a repair."""
        return self.log.read_text(encoding="utf-8").split().count(what) if self.log.exists() else 0


@pytest.fixture
def court(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Court:
    monkeypatch.setenv("FOUNDRY_EXP_ALLOW", "tests")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return Court(tmp_path)
