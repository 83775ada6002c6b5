import subprocess
import sys
from pathlib import Path

import pytest

from foundry_exp.cli import main
from foundry_exp.cli.verbs import publish
from tests.conftest import clean_environment
from tests.run_folders import make_run_folder
from tests.tracking.test_publish import active_runs

WAIT_S = 120


def start(*arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "foundry_exp", "publish", *arguments]
    return subprocess.Popen(
        command, env=clean_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )


@pytest.mark.slow
def test_sweep_is_a_line_a_cell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for model in ("demo-small", "demo-large"):
        make_run_folder(tmp_path / "runs", model=model)
    assert publish.main(["last", "--output-dir", str(tmp_path)]) == 0
    large, small = capsys.readouterr().out.splitlines()
    assert large.startswith("demo-large-cpu-on: MLflow run ")
    assert small.startswith("demo-small-cpu-on: MLflow run ")
    assert small.endswith(" in experiment foundry_exp")
    assert len(active_runs(tmp_path)) == 2


@pytest.mark.real
def test_four_processes_on_a_fresh_store_all_publish(tmp_path: Path) -> None:
    folders = [make_run_folder(tmp_path / "runs", model=f"model-{number}") for number in range(4)]
    publishers = [start(str(folder), "--output-dir", str(tmp_path)) for folder in folders]
    for publisher in publishers:
        out, errors = publisher.communicate(timeout=WAIT_S)
        assert (publisher.returncode, errors) == (0, ""), out
    assert sorted(run.data.params["model.alias"] for run in active_runs(tmp_path)) == [
        f"model-{number}" for number in range(4)
    ]


@pytest.mark.real
def test_two_processes_with_the_same_cell_leave_one_run(tmp_path: Path) -> None:
    folder = make_run_folder(tmp_path / "runs")
    publishers = [start(str(folder), "--output-dir", str(tmp_path)) for _ in range(2)]
    for publisher in publishers:
        assert publisher.communicate(timeout=WAIT_S)[1] == ""
    assert len(active_runs(tmp_path)) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("content", "complaint"), [("{}", "(schema_version: Field required)"), ("", "(Invalid JSON: ")]
)
def test_one_cell_that_cannot_be_published_stops_no_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, complaint: str
) -> None:
    make_run_folder(tmp_path / "runs", model="b")
    broken = make_run_folder(tmp_path / "runs", model="a")
    (broken / "run.json").write_text(content, encoding="utf-8")
    assert publish.main(["last", "--output-dir", str(tmp_path)]) == 1
    out, errors = capsys.readouterr()
    assert out.startswith("b-cpu-on: MLflow run ")
    assert f"run.json: not a run summary {complaint}" in errors


def test_nothing_finished_is_a_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "runs" / "a").mkdir(parents=True)
    assert publish.main(["a", "--output-dir", str(tmp_path)]) == 1
    assert "no finished run in it" in capsys.readouterr().err


def test_unknown_run_and_unusable_store_are_told_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert publish.main(["nope", "--output-dir", str(tmp_path)]) == 2
    assert "nope: no such run" in capsys.readouterr().err
    folder = make_run_folder(tmp_path / "runs")
    assert publish.main([str(folder), "--uri", "ftp://host"]) == 2
    assert "use sqlite:///PATH" in capsys.readouterr().err


def test_help_is_ours(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["publish", "--help"]) == 0
    assert capsys.readouterr().out == publish.HELP
