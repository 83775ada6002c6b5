"""Judging as a user meets it: after the cells of a sweep, with the real runtime, and when the judge cannot work."""

import json
from pathlib import Path

import pytest
import yaml

from foundry_exp.records import run_folder
from tests.conftest import SCRIPTED, Run, native

pytestmark = pytest.mark.real

VERDICT = json.dumps({"reason": "It is an answer.", "score": 4}).replace('"', '\\"')
PLAYED = (
    "scorer=[judge]", "model@scorer.judge.model=custom", "scorer.judge.model.alias=played",
    "backend@scorer.judge.backend=scripted", f'scorer.judge.backend.answer="{VERDICT}"', "scorer.judge.rubric=summary",
    "scorer.judge.backend.realtime=false", "scorer.judge.backend.load_ms=0",
)  # fmt: skip
"""A judge that always says the same, through the whole command."""
CELL = (*SCRIPTED, "prompts=workshop", "workload.rounds=1", "workload.warmup=1")


def cells(folder: Path) -> list[Path]:
    return sorted(path.parent for path in folder.glob("mlruns/runs/*/*/run.json"))


def test_a_sweep_is_judged_after_its_last_cell_and_a_constant_judge_is_called_uncalibrated(
    run: Run, tmp_path: Path
) -> None:
    done = run("-m", *CELL, *PLAYED, "workload.seed=1,2")
    assert done.returncode == 0, done.stdout + done.stderr
    first, second = (run_folder.read_result(cell) for cell in cells(tmp_path))
    for result in (first, second):
        assert result.scores["judge"].unscored == 0
        standing = result.scores["judge"].standing
        assert standing is not None
        assert standing.figures["kappa"] == 0.0
        assert not standing.trusted
        assert result.quality_source is None
        assert result.metrics["quality/judge"]["mean"] == 4.0
    assert "uncalibrated: kappa 0.00" in " ".join(done.stdout.split())
    assert "uncalibrated" in (cells(tmp_path)[0] / "report.md").read_text(encoding="utf-8")
    assert not list((tmp_path / "mlruns" / "judges").glob("*.log")), "a log stays only where something went wrong"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        (["scorer.judge.backend.fault=load"], "the script says that loading fails"),
        (["scorer.judge.backend.fault=crash"], "its process died while answering (exit code 139)"),
    ],
)
def test_a_judge_that_fails_is_a_sentence_and_the_cells_stay_as_they_were_measured(
    run: Run, tmp_path: Path, changes: list[str], why: str
) -> None:
    done = run(*CELL, *PLAYED, *changes)
    said = " ".join(done.stderr.split())
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"not scored by judge: played: {why}" in said
    assert "python -m foundry_exp score" in said
    assert "Traceback" not in said
    (cell,) = cells(tmp_path)
    assert run_folder.read_result(cell).status == "ok"
    again = run("score", "last", *PLAYED, "tracker=none")
    assert again.returncode == 0, again.stdout + again.stderr
    assert run_folder.read_result(cell).scores["judge"].unscored == 0


def test_a_judge_that_is_not_here_is_said_with_what_to_do(run: Run, tmp_path: Path) -> None:
    places = [f"scorer.judge.{override}" for override in native(tmp_path)]
    done = run(*CELL, "scorer=judge", "model@scorer.judge.model=phi-4-mini", *places, "offline=true")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "not scored by judge: phi-4-mini: " in " ".join(done.stderr.split())


@pytest.mark.parametrize(
    ("override", "why"),
    [
        ("scorer.judge.repeats=0", "scorer.judge.repeats: must be at least 1, got 0"),
        ("scorer.judge.threshold.kappa=1", "did you mean scorer.judge.thresholds.kappa"),
        ("backend@scorer.judge.backend=endpoint", "scorer.judge.backend.base_url: not set"),
        ("scorer.judge.backend.cache_only=7", "scorer.judge.backend.cache_only: must be bool"),
    ],
)
def test_a_judge_that_is_configured_wrongly_stops_everything_before_it_starts(
    run: Run, tmp_path: Path, override: str, why: str
) -> None:
    done = run("scorer=judge", override)
    assert done.returncode == 2
    assert why in done.stderr
    assert not (tmp_path / "mlruns" / "runs").exists()


@pytest.fixture
def small_court(tmp_path: Path) -> list[str]:
    """A rubric and a calibration set of one criterion, so that a real judge is soon done."""
    anchors = {points: f"{points} of 5" for points in range(1, 6)}
    criterion = {"name": "sense", "question": "Does it make sense?", "weight": 1, "anchors": anchors}
    rubric = {"name": "small", "version": 1, "judged": "A sentence.", "criteria": [criterion]}
    (tmp_path / "small.yaml").write_text(yaml.safe_dump(rubric), encoding="utf-8")
    answers = [{"answer": f"Word {number}.", "agreed": {"sense": 1 + number % 5}} for number in range(6)]
    agreed = {"rubric": "small", "agreed_by": "a test", "prompts": [{"id": "p", "prompt": "Say.", "answers": answers}]}
    (tmp_path / "small.json").write_text(json.dumps(agreed), encoding="utf-8")
    return ["scorer.judge.rubric=small.yaml", "scorer.judge.calibration=small.json"]


def test_a_real_judge_is_run_through_the_runtime_and_called_uncalibrated(
    run: Run, tmp_path: Path, small_court: list[str]
) -> None:
    places = native(tmp_path)
    done = run(
        "model=demo-small", "scorer=judge", *small_court, *places, *(f"scorer.judge.{place}" for place in places),
        "prompts.text=Hello", "workload.rounds=1", "workload.warmup=1", "tracker=none",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    (cell,) = cells(tmp_path)
    result = run_folder.read_result(cell)
    judged = result.scores["judge"]
    assert judged.standing is not None
    assert not judged.standing.trusted
    assert "uncalibrated: kappa" in (judged.standing.reason or "")
    assert judged.standing.figures["unparseable"] == 0.0, "the runtime holds the replies to the schema"
    assert judged.unscored == 0
    assert judged.scored_by[0].startswith("demo-large-generic-cpu:1@")
    assert any("of one family (demo)" in warning for warning in result.warnings)
