"""`recommend` as a user starts it, and the recommendation at the end of a sweep."""

import json
from pathlib import Path

import pytest

from tests.conftest import SCRIPTED, Run
from tests.decide.planted import plant

pytestmark = pytest.mark.real


def test_it_prints_a_pick_and_writes_what_is_asked_for(run: Run, tmp_path: Path) -> None:
    plant(tmp_path, name="a", model="good", points=4.0)
    plant(tmp_path, name="b", model="poor", points=2.0, seed=1)
    told = run("recommend", str(tmp_path / "sweep"), "--routing", "models.json", "--markdown", "pick.md")
    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith("default-summarizer: take good")
    assert "poor is out: quality" in told.stdout
    assert json.loads((tmp_path / "models.json").read_text(encoding="utf-8"))["good"]["default"] is True
    assert "# default-summarizer: take good" in (tmp_path / "pick.md").read_text(encoding="utf-8")
    as_data = json.loads(run("recommend", str(tmp_path / "sweep"), "decision=low-memory", "--json").stdout)
    assert as_data["decision"]["name"] == "low-memory"
    assert as_data["pick"] == "good"


def test_a_routing_file_that_is_refused_takes_nothing_from_the_recommendation(run: Run, tmp_path: Path) -> None:
    plant(tmp_path, name="a", model="no alias ", points=4.0)
    told = run("recommend", str(tmp_path / "sweep"), "--routing", "models.json", "--markdown", "pick.md")
    assert told.returncode == 2
    assert told.stdout.startswith("default-summarizer: take no alias")
    assert (tmp_path / "pick.md").exists()
    assert "models.json" in told.stderr
    assert not (tmp_path / "models.json").exists()


def test_none_qualifies_is_exit_1(run: Run, tmp_path: Path) -> None:
    told = run("recommend", str(plant(tmp_path, points=2.0)))
    assert told.returncode == 1
    assert "The closest is demo-small" in told.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "name a run"),
        (["last"], "no run yet"),
        (["last", "decision=default-sumarizer"], "did you mean default-summarizer"),
        (["last", "constraints.qualty=3"], "did you mean constraints.quality"),
        (["last", "constraints.quality=9"], "constraints.quality: must be at most 5, got 9"),
        (["last", "weights.speed=-1"], "weights.speed: must be at least 0, got -1"),
    ],
)
def test_what_cannot_be_decided_is_exit_2(run: Run, arguments: list[str], said: str) -> None:
    told = run("recommend", *arguments)
    assert told.returncode == 2
    assert said in told.stderr
    assert "Traceback" not in told.stderr


def test_a_sweep_that_names_a_decision_ends_with_the_recommendation(run: Run, tmp_path: Path) -> None:
    scripted = [word for word in SCRIPTED if not word.startswith("model.alias")]
    # so short a process that its memory may not be seen
    lifted = [f"decision.constraints.{name}=null" for name in ("quality", "rss_peak_mb")]
    settings = ["decision=default-summarizer", *lifted, "backend.realtime=false"]
    told = run(
        "-m",
        *scripted,
        "model.alias=one,two",
        *settings,
        "prompts=deterministic",
        "decision.constraints.licences=[]",
        "decision.constraints.capabilities=[]",
    )
    assert told.returncode == 0, told.stderr
    assert "default-summarizer: take " in told.stdout
    (written,) = (tmp_path / "mlruns" / "runs").glob("*/recommendation.md")
    assert "take " in written.read_text(encoding="utf-8")


def test_a_mistaken_decision_stops_a_sweep_before_it_starts(run: Run, tmp_path: Path) -> None:
    told = run(*SCRIPTED, "decision=default-summarizer", "decision.constraints.quality=9")
    assert told.returncode == 2
    assert "decision: constraints.quality: must be at most 5, got 9" in told.stderr
    assert not (tmp_path / "mlruns" / "runs").exists()
