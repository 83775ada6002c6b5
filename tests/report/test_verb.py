import json
import os
from pathlib import Path

import pytest

from foundry_exp.cli import main
from foundry_exp.cli.verbs import report
from foundry_exp.records.run_folder import CONFIG_FILE
from foundry_exp.records.runs import find_run
from foundry_exp.results.cell import read
from foundry_exp.tracking.mlflow_store import MlflowTracker
from tests.plans import write_plan
from tests.run_folders import make_run_folder


@pytest.mark.slow
def test_a_sweep_is_reported_on_as_a_whole_and_cell_by_cell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cells = [make_run_folder(tmp_path / "runs", model=model) for model in ("demo-small", "demo-large")]
    assert report.main(["last", "--output-dir", str(tmp_path)]) == 0
    for folder in (*cells, cells[0].parent):
        assert (folder / "report.md").exists()
        assert (folder / "report.csv").exists()
        assert (folder / "report.json").exists()
        assert (folder / "report.html").exists()
    printed = capsys.readouterr().out
    assert "demo-small" in printed
    assert "report.html" in printed


@pytest.mark.slow
def test_a_single_cell_gets_its_own_report_only(tmp_path: Path) -> None:
    cell = make_run_folder(tmp_path / "runs")
    assert report.main([str(cell)]) == 0
    assert (cell / "report.md").exists()
    assert not (cell.parent / "report.md").exists()


def test_an_unknown_run_is_a_wrong_argument(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert report.main(["nowhere", "--output-dir", str(tmp_path)]) == 2
    assert "nowhere: no such run" in capsys.readouterr().err


def test_a_run_without_a_finished_cell_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cell = make_run_folder(tmp_path / "runs")
    (cell / "run.json").unlink()
    assert report.main([str(cell)]) == 1
    assert "no finished run in it" in capsys.readouterr().err


def test_a_killed_sweep_is_gone_on_with_by_its_own_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cell = make_run_folder(tmp_path / "runs")
    (cell / "run.json").unlink()
    write_plan(cell.parent, [cell.name], ["model.alias=k9", "sweep.name=20261201-120000"])
    for run in (cell, cell.parent):
        assert report.main([str(run)]) == 1
        resumed = "python -m foundry_exp model.alias=k9 sweep.name=20261201-120000 sweep.resume=true"
        assert f"Go on with: {resumed}\n" in capsys.readouterr().err


@pytest.mark.slow
def test_cells_are_printed_in_the_order_of_the_plan_with_those_not_begun(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    zebra, ape = (make_run_folder(tmp_path, model=model) for model in ("zebra", "ape"))
    write_plan(zebra.parent, [zebra.name, "none", ape.name])
    assert report.main([str(zebra.parent)]) == 0
    printed = capsys.readouterr().out
    assert printed.index("zebra") < printed.index("ape")
    assert "none — not begun: " in printed
    assert "Go on with: python -m foundry_exp -m model=a,b" in printed
    assert report.main([str(zebra.parent), "--json"]) == 0
    assert [entry["alias"] for entry in json.loads(capsys.readouterr().out)] == ["zebra", "ape"]


def test_help_has_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["report", "--help"]) == 0
    assert "python -m foundry_exp report last" in capsys.readouterr().out


def test_last_is_what_was_begun_last_whatever_it_is_called(tmp_path: Path) -> None:
    for age_s, name in enumerate(("20261201-120000-ab12", "night", "20261208-120000-cd34")):
        cell = make_run_folder(tmp_path / "runs", run_id=name)
        os.utime(cell / CONFIG_FILE, (age_s, age_s))
    assert find_run("last", tmp_path).name == "20261208-120000-cd34"
    os.utime(tmp_path / "runs" / "night" / "demo-small-cpu-on" / CONFIG_FILE, (9, 9))
    assert find_run("last", tmp_path).name == "night"


@pytest.mark.slow
def test_an_mlflow_run_can_be_reported_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "mlruns"
    published = MlflowTracker(None, "foundry_exp", str(out)).publish(read(make_run_folder(tmp_path / "elsewhere")))
    run_id = published.split()[2]
    assert report.main([run_id, "--output-dir", str(out)]) == 0
    assert "demo-small" in capsys.readouterr().out
    assert (out / "fetched" / run_id / "report.html").exists()
