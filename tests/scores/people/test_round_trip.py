"""From a sweep over the demonstration models to their scores by people in MLflow, through the real command line."""

import json
from pathlib import Path

import mlflow
import pytest
from sklearn.metrics import cohen_kappa_score  # type: ignore[import-untyped]  # scikit-learn has no types

from tests.conftest import SCRIPTED, Run, native
from tests.scores.people.filling import fill_csv, fill_jsonl
from tests.scores.people.test_agreement import Given, noisy, truth

pytestmark = pytest.mark.real

ANSWER = ("correctness", "helpfulness", "instruction", "clarity")


def test_a_sweep_is_exported_scored_by_two_people_and_imported(run: Run, tmp_path: Path) -> None:
    sweep = run(
        "-m",
        "model=demo-small,demo-large",
        "prompts=meeting-notes",
        "workload.rounds=1",
        "generation.max_tokens=12",
        "scorer=annotation",
        "scorer.annotation.annotators=[anna,ben]",
        "scorer.annotation.rubric=answer",
        *native(tmp_path),
    )
    assert sweep.returncode == 0, sweep.stderr
    assert "annotate import mlruns" in sweep.stderr
    (sent,) = (tmp_path / "mlruns" / "annotations").glob("*/send")
    anna: Given = {}
    ben: Given = {}
    fill_csv(sent / "anna.csv", lambda row: _marks(row["item"], anna, seed=None))
    fill_jsonl(sent / "ben.jsonl", lambda row: _marks(row["item"], ben, seed=1))
    assert "demo" not in (sent / "anna.csv").read_text(encoding="utf-8-sig")

    imported = run("annotate", "import", str(sent), "--json")
    assert imported.returncode == 0, imported.stderr
    assert sum(file["added"] for file in json.loads(imported.stdout)) > 0
    again = run("annotate", "import", str(sent), "--json")
    assert sum(file["added"] for file in json.loads(again.stdout)) == 0

    done = run("annotate", "agreement", "last", "--json")
    assert done.returncode == 0, done.stderr
    (rows,) = json.loads(done.stdout).values()
    for row in rows[:-1]:
        items = [item for item, criterion in anna if criterion == row["criterion"]]
        sides = [[given[item, row["criterion"]] for item in items] for given in (anna, ben)]
        assert row["kappa"]["value"] == pytest.approx(cohen_kappa_score(*sides, weights="quadratic"))

    qualities = [
        json.loads(path.read_text(encoding="utf-8"))["metrics"]["quality"]
        for path in sent.parents[2].glob("runs/*/*/run.json")
    ]
    client = mlflow.MlflowClient(f"sqlite:///{tmp_path / 'mlruns' / 'mlflow.db'}")
    (experiment,) = [one for one in client.search_experiments() if one.name == "foundry_exp"]
    published = [one.data.metrics["quality/overall"] for one in client.search_runs([experiment.experiment_id])]
    assert sorted(published) == pytest.approx(sorted(quality["mean"] for quality in qualities))


def _marks(item: str, given: Given, seed: int | None) -> dict[str, int]:
    mark = truth if seed is None else noisy(seed)
    given.update({(item, name): mark(item, name) for name in ANSWER})
    return {name: given[item, name] for name in ANSWER}


def test_a_bad_rubric_of_the_scorer_is_one_sentence(run: Run, tmp_path: Path) -> None:
    failed = run(*SCRIPTED, "scorer=annotation", "scorer.annotation.rubric=nope")
    assert "no rubric is named 'nope'" in failed.stderr + failed.stdout
    assert "Traceback" not in failed.stderr
