"""The two demonstration models scored by facets in one sweep, through the real runtime and a real MLflow store."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from foundry_exp.files import shipped_files
from foundry_exp.records import record_log, run_folder, runs
from tests.conftest import Run, clean_environment, command, native

pytestmark = pytest.mark.real

MODELS = ("demo-small", "demo-large")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose prompts are the English notes that the models were not trained on."""
    home = tmp_path_factory.mktemp("project")
    shipped = shipped_files.shipped("prompts") / "sets" / "meeting-notes.json"
    notes: list[dict[str, Any]] = json.loads(shipped.read_text(encoding="utf-8"))
    chosen = [note for note in notes if "held-out" in note["tags"] and "language" not in note["tags"]]
    (home / "notes.json").write_text(json.dumps(chosen), encoding="utf-8")
    return home


@pytest.fixture(scope="module")
def printed(home: Path) -> str:
    grid = ("-m", f"model={','.join(MODELS)}", "prompts.path=notes.json", "prompts.name=notes", "workload.rounds=1")
    done = subprocess.run(
        command([*grid, "generation.max_tokens=50", *native(home)]),
        cwd=home, env=clean_environment(), capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def cells(home: Path) -> dict[str, Path]:
    return {path.name: path for path in runs.finished_cells(runs.find_run("last", home / "mlruns"))}


def test_the_larger_model_is_ahead_and_the_interval_is_printed(printed: str, home: Path) -> None:
    said = re.search(r"demo-large is ([\d.]+) points ahead of demo-small.*95 % interval ([-\d.]+) to", printed)
    assert said, printed
    assert float(said.group(1)) > 0.5
    assert float(said.group(2)) > 0
    means = {name: run_folder.read_result(folder).metrics["quality"]["mean"] for name, folder in cells(home).items()}
    assert f"{means['demo-large'] - means['demo-small']:.2f}" == said.group(1)


def test_every_answer_has_its_scores_with_reasons(printed: str, home: Path) -> None:
    for folder in cells(home).values():
        result, scores = run_folder.read_result(folder), run_folder.read_scores(folder)
        assert result.scores["facets"].unscored == 0
        assert {score.sample_id for score in scores} == {sample.sample_id for sample in run_folder.read_samples(folder)}
        assert all(score.reason and score.value and 1 <= score.value <= 5 for score in scores)


def test_mlflow_has_quality_each_criterion_and_the_share_scored(printed: str, home: Path) -> None:
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{(home / 'mlruns' / 'mlflow.db').as_posix()}")
    experiment = client.get_experiment_by_name("foundry_exp")
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id])
    assert len(runs) == len(MODELS)
    for run in runs:
        assert {"quality/overall", "quality/content", "quality/language"} <= set(run.data.metrics)
        assert run.data.metrics["quality/scored_share"] == 1.0


def test_scoring_again_by_other_facets_changes_mlflow_and_no_record(run: Run, printed: str, home: Path) -> None:
    folder = cells(home)["demo-small"]
    records = (folder / record_log.RECORDS_FILE).read_bytes()
    notes = json.loads((home / "notes.json").read_text(encoding="utf-8"))
    strict = [{"kind": "contains", "text": "no answer has this", "criterion": "strict"}]
    (home / "notes.json").write_text(json.dumps([note | {"facets": strict} for note in notes]), encoding="utf-8")
    done = run("score", "last", cwd=home)
    assert done.returncode == 0, done.stderr
    assert (folder / record_log.RECORDS_FILE).read_bytes() == records
    assert run_folder.read_result(folder).metrics["quality"]["mean"] == 1.0

    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{(home / 'mlruns' / 'mlflow.db').as_posix()}")
    found = client.search_runs([client.get_experiment_by_name("foundry_exp").experiment_id])
    assert [run.data.metrics["quality/strict"] for run in found] == [1.0] * len(MODELS)
    assert not any("quality/content" in run.data.metrics for run in found)
