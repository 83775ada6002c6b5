"""`compare` as a user starts it: words, JSON, Markdown, exit codes, and runs that lie in MLflow."""

import json
from pathlib import Path

import pytest

from foundry_exp.results.cell import read
from foundry_exp.tracking.mlflow_store import MlflowTracker
from tests.conftest import Run
from tests.decide.planted import plant
from tests.plans import write_plan

pytestmark = pytest.mark.real


def test_it_prints_sentences_writes_markdown_and_speaks_json(run: Run, tmp_path: Path) -> None:
    runs = tmp_path / "mlruns" / "runs"
    plant(runs, name="a", model="small", sweep_id="20261201-a")
    plant(runs, name="b", model="large", slower=1.3, seed=1, sweep_id="20261201-a")
    told = run("compare", "last", "--markdown", "comparison.md")
    assert told.returncode == 0, told.stderr
    assert "small, against large, answers" in told.stdout or "large, against small, answers" in told.stdout
    assert "## large against small" in (tmp_path / "comparison.md").read_text(encoding="utf-8")
    as_data = json.loads(run("compare", "20261201-a", "--json").stdout)
    effect = next(one for one in as_data["pairs"][0]["effects"] if one["metric"] == "e2e_ms")
    assert effect["low"] < 1.3 < effect["high"]
    assert effect["found"]


def test_planned_cells_without_a_result_are_said(run: Run, tmp_path: Path) -> None:
    for name, seed in (("a", 0), ("b", 1)):
        plant(tmp_path, name=name, model=name, points=4.0, seed=seed)
    write_plan(tmp_path / "sweep", ["a", "b", "c", "d"])
    said = (
        "sweep: 2 planned cells have no result (yet), so what is said is without c, d "
        "(go on with: python -m foundry_exp -m model=a,b sweep.name=sweep sweep.resume=true)."
    )
    for verb in ("compare", "recommend"):
        told = run(verb, str(tmp_path / "sweep"))
        assert told.returncode == 0, told.stderr
        assert said in told.stdout


def test_runs_that_differ_are_exit_2_with_the_difference(run: Run, tmp_path: Path) -> None:
    first = plant(tmp_path / "x", name="a")
    second = plant(tmp_path / "x", name="b", changes={"generation": {"temperature": 0.7}})
    refused = run("compare", str(first), str(second))
    assert refused.returncode == 2
    assert "temperature 0.7" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert run("compare", str(first), str(second), "--force").returncode == 0


def test_what_is_no_run_is_exit_2(run: Run, tmp_path: Path) -> None:
    for arguments in (["last"], [str(tmp_path / "nothing")], ["0" * 32, "last"], ["tag:release"], []):
        told = run("compare", *arguments)
        assert told.returncode == 2, arguments
        assert "Traceback" not in told.stderr
    assert run("compare", "--help").returncode == 0


def test_a_damaged_run_is_exit_1_and_named(run: Run, tmp_path: Path) -> None:
    first, second = plant(tmp_path / "x", name="a"), plant(tmp_path / "x", name="b", seed=1)
    (second / "run.json").write_text("{}", encoding="utf-8")
    told = run("compare", str(first), str(second))
    assert told.returncode == 1
    assert str(second / "run.json") in told.stderr


def test_an_mlflow_run_id_serves_as_a_run(run: Run, tmp_path: Path) -> None:
    tracker = MlflowTracker(None, "foundry_exp", str(tmp_path / "mlruns"))
    here = plant(tmp_path / "x", name="a", model="small")
    elsewhere = plant(tmp_path / "y", name="b", model="large", slower=1.3, seed=1)
    run_id = tracker.publish(read(elsewhere)).split()[2]
    told = run("compare", str(here), run_id)
    assert told.returncode == 0, told.stderr
    assert "large, against small, answers" in told.stdout
    unknown = run("compare", str(here), "f" * 32)
    assert unknown.returncode == 2
    assert "cannot be fetched from MLflow" in unknown.stderr
