"""An import lands in every run that gave the answer, and results and reports follow."""

import csv
import json
from pathlib import Path

import pytest

from foundry_exp.records import run_folder
from tests.report.written import write_reports
from tests.scores.people.filling import (
    CRITERIA,
    all_of,
    export,
    exported,
    fill_csv,
    fill_jsonl,
    make_runs,
    scored,
    send_back,
)


def test_scores_land_in_every_run_that_gave_the_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs, sent = exported(tmp_path, answers={"privacy": "the same"})
    fill_csv(sent / "anna.csv", all_of(4), comment="fine")
    assert send_back(tmp_path, sent / "anna.csv") == 0
    assert "anna scored 3 answers; 16 new scores." in capsys.readouterr().out
    for run in runs:
        assert len(scored(run)) == 2 * len(CRITERIA)
        first = run_folder.read_scores(run)[0]
        assert (first.scorer, first.scored_by, first.value, first.reason) == ("annotation", "anna", 4.0, "fine")
        result = run_folder.read_result(run)
        assert result.quality_source == "annotation"
        assert result.metrics["quality"]["mean"] == 4.0
        assert result.metrics["quality_coverage"] == 1.0
        assert (run / "report.md").exists()


def test_reports_and_pages_follow_and_a_tracker_that_is_gone_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs, sent = exported(tmp_path)
    sweep = runs[0].parent
    write_reports(sweep, runs)
    (sweep / "report.html").write_text("old", encoding="utf-8")
    spec = {"_target_": "foundry_exp.tracking.mlflow_store.MlflowTracker", "uri": "http://127.0.0.1:9/"}
    for run in runs:
        with (run / "config.yaml").open("a", encoding="utf-8") as config:
            config.write(f"tracker: {json.dumps({**spec, 'experiment': 'x', 'output_dir': 'mlruns'})}\n")
    fill_csv(sent / "anna.csv", all_of(4))
    assert send_back(tmp_path, sent / "anna.csv") == 0
    with (sweep / "report.csv").open(encoding="utf-8", newline="") as table:
        assert [float(row["quality"]) for row in csv.DictReader(table)] == [4.0, 4.0]
    assert "old" not in (sweep / "report.html").read_text(encoding="utf-8")[:5]
    errors = capsys.readouterr().err
    assert errors.count("not published: ") == 1
    assert f"python -m foundry_exp publish {sweep}" in errors.replace("\n", "")


def test_half_a_row_counts_by_criterion_and_not_as_an_answer(tmp_path: Path) -> None:
    runs, sent = exported(tmp_path, models=1, rounds=1)
    fill_csv(sent / "anna.csv", lambda _: {"coverage": 2})
    fill_csv(sent / "ben.csv", lambda _: {"faithfulness": 4, "instruction": 4, "language": 4})
    send_back(tmp_path, sent / "anna.csv", sent / "ben.csv")
    result = run_folder.read_result(runs[0])
    # Between them they filled every place, but nobody scored an answer whole.
    assert (result.scores["annotation"].scored, result.scores["annotation"].unscored) == (0, 2)
    assert result.metrics["quality"] is None
    assert result.scores["annotation"].criteria["coverage"] is not None
    fill_csv(sent / "ben.csv", all_of(4))
    send_back(tmp_path, sent / "ben.csv")
    result = run_folder.read_result(runs[0])
    assert result.scores["annotation"].scored == 2
    assert result.metrics["quality"]["mean"] == 4.0  # Anna's half row is in `coverage` alone
    assert result.metrics["quality/coverage"]["mean"] == 3.0


def test_several_people_count_alike(tmp_path: Path) -> None:
    runs, sent = exported(tmp_path, models=1)
    fill_csv(sent / "anna.csv", all_of(2))
    fill_jsonl(sent / "ben.jsonl", all_of(5))
    assert send_back(tmp_path, sent) == 0  # a folder is all files in it; the two others are empty
    assert run_folder.read_result(runs[0]).metrics["quality"]["mean"] == 3.5


def test_a_run_that_is_gone_is_said_and_the_others_are_scored(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs, sent = exported(tmp_path)
    fill_csv(sent / "anna.csv", all_of(4))
    runs[0].rename(tmp_path / "elsewhere")
    assert send_back(tmp_path, sent / "anna.csv") == 0
    assert "is gone, so its part is left out" in capsys.readouterr().err
    assert len(scored(runs[1])) == 2 * len(CRITERIA)


def test_a_file_may_say_when(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (run,) = make_runs(tmp_path, models=1)
    file = export(tmp_path) / "send" / "anna.jsonl"
    fill_jsonl(file, all_of(4))
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    for when, code in (("yesterday", 1), ("2026-12-01T09:30:00+01:00", 0)):
        said = [json.dumps({**line, "scored_at": when}) + "\n" for line in lines]
        file.write_text("".join(said), encoding="utf-8")
        assert send_back(tmp_path, file) == code
    assert "scored_at: must be a time in ISO 8601, got 'yesterday'; leave it out." in capsys.readouterr().err
    assert {score.scored_at for score in run_folder.read_scores(run)} == {"2026-12-01T08:30:00+00:00"}
