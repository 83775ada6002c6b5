"""What a kill kept from being scored, reported or published is done when the sweep is resumed, and only once."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from foundry_exp.records import record_log, run_folder
from foundry_exp.records.runs import finished_cells
from foundry_exp.tracking import published
from tests.conftest import Run
from tests.run.test_store_at_once import UNTRACKED
from tests.run_folders import make_run_folder
from tests.tracking.test_publish import open_client

QUICK = ("backend.realtime=false", "workload.rounds=1", "workload.warmup=0", "sweep.name=night", "sweep.resume=true")
GRID = ("-m", *UNTRACKED, *QUICK, "generation.seed=1,2")


def runs(folder: Path) -> dict[str, Any]:
    client = open_client(folder / "mlruns")
    found = client.search_runs([client.get_experiment_by_name("foundry_exp").experiment_id])
    return {run.data.tags["foundry.run_id"]: run for run in found}


def resumed(run: Run, *more: str) -> "subprocess.CompletedProcess[str]":
    done = run(*GRID, *more)
    assert done.returncode == 0, done.stderr
    return done


@pytest.mark.real
def test_a_finished_cell_whose_command_was_killed_before_it_was_published_is_published(
    run: Run, tmp_path: Path
) -> None:
    resumed(run)
    night = tmp_path / "mlruns" / "runs" / "night"
    client, before = open_client(tmp_path / "mlruns"), runs(tmp_path)
    client.delete_run(before["night/seed-2"].info.run_id)  # as it is when killed right after run.json was written
    (night / published.NOTES / "seed-2.json").unlink()
    (night / "seed-2" / "report.md").unlink()
    records = (night / "seed-2" / record_log.RECORDS_FILE).read_bytes()
    assert "2 of them done before" in resumed(run).stderr
    after = runs(tmp_path)
    assert after.keys() == {"night/seed-1", "night/seed-2"}
    assert after["night/seed-2"].info.status == "FINISHED"
    assert after["night/seed-1"].info.run_id == before["night/seed-1"].info.run_id
    assert (night / "seed-2" / "report.md").exists()
    assert (night / "seed-2" / record_log.RECORDS_FILE).read_bytes() == records


@pytest.mark.real
def test_a_finished_cell_that_was_not_scored_is_scored_once(run: Run, tmp_path: Path) -> None:
    resumed(run, "tracker=none", "prompts=meeting-notes", "scorer=none")
    resumed(run, "tracker=none", "prompts=meeting-notes")
    night = tmp_path / "mlruns" / "runs" / "night"
    for folder in finished_cells(night):
        assert run_folder.read_result(folder).quality_source == "facets"
    assert "facets" in (night / "report.md").read_text(encoding="utf-8")
    scores = (night / "seed-1" / run_folder.SCORES_FILE).read_bytes()
    resumed(run, "tracker=none", "prompts=meeting-notes")
    assert (night / "seed-1" / run_folder.SCORES_FILE).read_bytes() == scores, "scored once more"


@pytest.mark.real
def test_what_was_published_costs_no_mlflow_when_it_is_resumed(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPROFILEIMPORTTIME", "1")
    imported = re.compile(r"\|\s+mlflow\.")
    assert imported.search(resumed(run).stderr)
    assert not imported.search(resumed(run).stderr)


@pytest.mark.real
def test_runs_that_waited_for_a_server_are_sent(run: Run, tmp_path: Path) -> None:
    night = tmp_path / "mlruns" / "runs" / "night"
    assert "Runs wait in their folders" in resumed(run, "tracker.uri=http://127.0.0.1:1").stderr
    assert not (night / published.NOTES).exists()
    resumed(run)
    assert runs(tmp_path).keys() == {"night/seed-1", "night/seed-2"}


def test_a_folder_that_changed_or_another_tracker_is_not_current(tmp_path: Path) -> None:
    folder = make_run_folder(tmp_path / "runs")
    config = {"scorer": {}, "tracker": {"uri": None}}
    assert not published.is_current(folder, config)
    published.note(folder, config)
    assert published.is_current(folder, config)
    assert not published.is_current(folder, {**config, "tracker": {"uri": "http://127.0.0.1:1"}})
    with (folder / run_folder.SCORES_FILE).open("ab") as file:
        file.write(b"\n")
    assert not published.is_current(folder, config)
