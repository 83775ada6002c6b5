"""`gate` as CI starts it: exit codes, files, a baseline in git, and one in MLflow."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from foundry_exp.results.cell import read
from foundry_exp.tracking.mlflow_store import MlflowTracker
from tests.conftest import SCRIPTED, Run, native
from tests.decide.planted import repeats

pytestmark = pytest.mark.real


def test_a_slow_candidate_is_exit_100_with_a_report_for_ci(run: Run, tmp_path: Path) -> None:
    before = repeats(tmp_path, 5, sweep_id="before", name="cell", seed=1)
    after = repeats(tmp_path, 5, sweep_id="after", name="cell", seed=2, slower=1.3)
    told = run(
        "gate", "--baseline", str(before), "--candidate", str(after), "--junit", "gate.xml", "--markdown", "gate.md"
    )
    assert told.returncode == 100, told.stderr
    assert "e2e_ms" in told.stdout
    failed = ET.parse(tmp_path / "gate.xml").getroot()
    assert int(failed.get("failures") or 0) >= 1
    assert "**failed**" in (tmp_path / "gate.md").read_text(encoding="utf-8")


def test_a_baseline_file_passes_what_is_alike_and_takes_rules(run: Run, tmp_path: Path) -> None:
    before = repeats(tmp_path, 5, sweep_id="before", name="cell", seed=1)
    after = repeats(tmp_path, 5, sweep_id="after", name="cell", seed=2, slower=1.1)
    assert run("gate", "--save", "baseline.json", str(before)).returncode == 0
    arguments = ("gate", "--baseline", "baseline.json", "--candidate", str(after))
    assert run(*arguments).returncode == 100
    lenient = run(*arguments, "tolerances.e2e_ms=0.5", "tolerances.ttft_ms=0.5", "tolerances.decode_tok_per_s=0.5")
    assert lenient.returncode == 0, lenient.stderr


def test_too_few_repeats_are_exit_1(run: Run, tmp_path: Path) -> None:
    before = repeats(tmp_path, 2, sweep_id="before", name="cell", seed=1)
    after = repeats(tmp_path, 5, sweep_id="after", name="cell", seed=2)
    told = run("gate", "--baseline", str(before), "--candidate", str(after))
    assert told.returncode == 1
    assert "inconclusive" in told.stdout


@pytest.mark.parametrize(("count", "rules"), [(5, ["false_alarm=0.003"]), (4, ["repeats=4", "false_alarm=0.01"])])
def test_a_level_at_which_nothing_can_fail_is_exit_1(run: Run, tmp_path: Path, count: int, rules: list[str]) -> None:
    before = repeats(tmp_path, count, sweep_id="before", name="cell", seed=1)
    after = repeats(tmp_path, count, sweep_id="after", name="cell", seed=2, slower=1.5)
    told = run("gate", "--baseline", str(before), "--candidate", str(after), *rules, "--json")
    assert told.returncode == 1
    assert json.loads(told.stdout)["verdict"] == "inconclusive"
    assert told.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "needs --baseline RUN and --candidate RUN"),
        (["--baseline", "last", "--candidate", "last"], "no run yet"),
        (["--baseline", "x", "--candidate", "y", "tolerances.e2e=1"], "did you mean"),
        (["--baseline", "x", "--candidate", "y", "repeats=2"], "repeats: must be at least 4, got 2"),
        (["--baseline", "x", "--candidate", "y", "--rules", "defualt"], "did you mean default"),
        (["--save", "x.json"], "name the run"),
    ],
)
def test_what_cannot_be_gated_is_exit_2(run: Run, arguments: list[str], said: str) -> None:
    told = run("gate", *arguments)
    assert told.returncode == 2
    assert said in told.stderr
    assert "Traceback" not in told.stderr


def test_runs_of_the_tool_itself_are_a_side(run: Run, tmp_path: Path) -> None:
    for _ in range(4):
        measured = run(*SCRIPTED, "backend.realtime=false", "workload=quick", "prompts=deterministic")
        assert measured.returncode == 0, measured.stderr
    folders = sorted(str(path) for path in (tmp_path / "mlruns" / "runs").iterdir())
    told = run("gate", "--baseline", *folders[:2], "--candidate", *folders[2:])
    assert told.returncode == 1, told.stderr
    assert "the baseline has 2 measured runs and the candidate 2" in told.stdout


@pytest.mark.long
def test_the_regression_recipe_makes_a_side_in_the_real_runtime(run: Run, tmp_path: Path) -> None:
    measured = run("experiment=regression", "workload.rounds=2", "workload.warmup=1", "tracker=none", *native(tmp_path))
    assert measured.returncode == 0, measured.stderr
    assert run("gate", "--save", "baseline.json", "last").returncode == 0
    told = run("gate", "--baseline", "baseline.json", "--candidate", "last")
    assert told.returncode == 0, told.stdout + told.stderr
    assert "demo-small, 5 runs against 5" in told.stdout


def test_mlflow_runs_with_a_tag_are_a_baseline(run: Run, tmp_path: Path) -> None:
    before = repeats(tmp_path, 5, sweep_id="before", name="cell", seed=1, changes={"run_id": "before"})
    after = repeats(tmp_path, 5, sweep_id="after", name="cell", seed=2, slower=1.3, changes={"run_id": "after"})
    tracker = MlflowTracker(None, "foundry_exp", str(tmp_path / "mlruns"))
    for folder in (*before.iterdir(), *after.iterdir()):
        tracker.publish(read(folder))
    tagged = run("gate", "--tag", "release", str(before))
    assert (tagged.returncode, tagged.stdout) == (0, "tag:release is demo-small, 5 MLflow runs\n"), tagged.stderr
    (next(before.iterdir()) / "note.txt").write_text("changed, so it is sent again", encoding="utf-8")
    for folder in before.iterdir():
        tracker.publish(read(folder))
    told = run("gate", "--baseline", "tag:release", "--candidate", str(after))
    assert told.returncode == 100, told.stderr
    assert "5 runs against 5" in told.stdout
    moved = run("gate", "--tag", "release", str(after))
    assert "5 that were it before are it no longer" in moved.stdout
    told = run("gate", "--baseline", "tag:release", "--candidate", str(after))
    assert told.returncode == 0, "what had the tag once is no baseline"
    assert "5 runs against 5" in told.stdout
    unknown = run("gate", "--baseline", "tag:nothing", "--candidate", str(after))
    assert unknown.returncode == 2
    assert "no MLflow run has the tag foundry.baseline = nothing" in unknown.stderr


def test_what_is_not_published_cannot_be_tagged(run: Run, tmp_path: Path) -> None:
    side = repeats(tmp_path, 2, sweep_id="side", name="cell", seed=1)
    MlflowTracker(None, "foundry_exp", str(tmp_path / "mlruns")).publish(read(side / "cell"))
    told = run("gate", "--tag", "release", str(side))
    assert told.returncode == 1
    assert "cell-r1: not in MLflow" in told.stderr
    assert run("gate", "--tag", "it's", str(side)).returncode == 2
