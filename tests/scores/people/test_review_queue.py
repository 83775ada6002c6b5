"""Annotation by way of MLflow's review queues: blind there, and back like a file."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from foundry_exp.cli.verbs import ui
from foundry_exp.records.run_folder import read_scores
from foundry_exp.tracking.location import locate
from tests.run_folders import make_run_folder
from tests.scores.people.filling import CRITERIA, export, fill_csv, make_runs, scored, send_back
from tests.scores.people.test_agreement import agreement, noisy, rater, truth

Mark = Callable[[str, str], int]
ANSWERED_MS = 1_700_000_000_000
ANSWERS = {"retrieval": "It looks things up first.", "privacy": "Nothing leaves the house."}


def queued(folder: Path, empty_store: Path, *arguments: str) -> tuple[Path, list[Path]]:
    """An export of two runs with its queues; and the runs, whose first answers are alike."""
    runs = [
        make_run_folder(folder / "mlruns" / "runs", model=model, answers=ANSWERS | changed)
        for model, changed in (("secret-small", {}), ("secret-large", {"privacy": "None: it's a cloud."}))
    ]
    (folder / "out").mkdir()
    shutil.copy(empty_store, folder / "out" / "mlflow.db")
    return export(folder, "--to-mlflow", *arguments), runs


def store_of(out: Path) -> Any:
    from mlflow.tracing.client import TracingClient

    return TracingClient(f"sqlite:///{(out / 'mlflow.db').as_posix()}")


def traces_of(out: Path) -> list[Any]:
    tracing = store_of(out)
    (experiment,) = [one for one in tracing.store.search_experiments() if one.name != "Default"]
    return list(tracing.search_traces(locations=[experiment.experiment_id], max_results=100))


def in_queue(out: Path, annotator: str) -> list[Any]:
    """The traces of one person's queue."""
    store, every = store_of(out).store, {trace.info.trace_id: trace for trace in traces_of(out)}
    experiment_id = next(iter(every.values())).info.experiment_id
    queue = store.get_review_queue_by_name(experiment_id, name=annotator)
    return [every[item.item_id] for item in store.list_review_queue_items(queue.queue_id)]


def answer(out: Path, annotator: str, mark: Mark, comment: str | None = None) -> None:
    """Answer every question of a queue."""
    for trace in in_queue(out, annotator):
        for name in CRITERIA:
            say(out, trace, name, mark(trace.data.spans[0].name, name), comment, at_ms=ANSWERED_MS)


def say(
    out: Path,
    trace: Any,
    name: str,
    value: int,
    comment: str | None = None,
    by: str = "default",
    at_ms: int | None = None,
) -> None:
    """Answer one question, as MLflow's page does; without accounts it names everybody `default`."""
    from mlflow.entities import AssessmentSource, Feedback

    source = AssessmentSource("HUMAN", by)
    given = Feedback(name, float(value), source=source, rationale=comment, last_update_time_ms=at_ms)
    store_of(out).log_assessment(trace.info.trace_id, given)


def pulled(folder: Path) -> int:
    return send_back(folder, folder / "out", arguments=("--from-mlflow",))


@pytest.mark.slow
def test_everybody_has_a_queue_of_their_own_that_names_no_model(tmp_path: Path, empty_store: Path) -> None:
    out, _ = queued(tmp_path, empty_store)
    mine, others = ({trace.info.trace_id for trace in in_queue(out, name)} for name in ("anna", "ben"))
    assert len(mine) == len(others) == 3  # what both models said is there once
    assert not mine & others
    store = store_of(out).store
    for trace in traces_of(out):
        text = json.dumps([trace.info.to_dict(), [span.to_dict() for span in trace.data.spans]])
        for word in ("secret", "cpu", "20261201", "sweep-1", "mlflow.sourceRun", "foundry", "runs/"):
            assert word not in text.replace(str(tmp_path), ""), word
        assert trace.info.execution_duration == 0
        assert trace.info.token_usage is None
    (experiment,) = [one for one in store.search_experiments() if one.name != "Default"]
    assert "secret" not in experiment.name
    assert f"/#/experiments/{experiment.experiment_id}/review-queue" in "\n".join(
        ui.greeting(locate(None, str(out)), "http://127.0.0.1:5000")
    )
    questions = {one.name: one.input for one in store.list_label_schemas(experiment.experiment_id)}
    assert set(CRITERIA) <= set(questions)
    assert (questions["coverage"].min_value, questions["coverage"].max_value) == (1, 5)


@pytest.mark.slow
def test_a_second_export_adds_nothing_that_is_there(tmp_path: Path, empty_store: Path) -> None:
    out, _ = queued(tmp_path, empty_store)
    before = {trace.info.trace_id for trace in traces_of(out)}
    export(tmp_path, "--to-mlflow")
    assert {trace.info.trace_id for trace in traces_of(out)} == before
    make_run_folder(tmp_path / "mlruns" / "runs", model="third", answers=dict.fromkeys(ANSWERS, "Who knows?"))
    export(tmp_path, "--to-mlflow")
    assert len(in_queue(out, "anna")) == 3 + 2


@pytest.mark.slow
def test_answers_come_back_as_from_files_and_agree_alike(
    tmp_path: Path, empty_store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    by_queue, by_file = tmp_path / "queue", tmp_path / "file"
    for number in range(3):
        said = {name: f"{name} {number}" for name in ANSWERS}
        make_run_folder(by_queue / "mlruns" / "runs", model=f"model-{number}", answers=said)
    out, runs = queued(by_queue, empty_store, "--seed", "1")
    answer(out, "anna", truth, "well said")
    answer(out, "ben", noisy(1))
    assert pulled(by_queue) == 0

    shutil.copytree(by_queue / "mlruns" / "runs", by_file / "mlruns" / "runs")
    for run in (by_file / "mlruns" / "runs").glob("*/*"):
        (run / "scores.jsonl").unlink()
    sent = export(by_file, "--seed", "1") / "send"
    fill_csv(sent / "anna.csv", rater({}, truth))
    fill_csv(sent / "ben.csv", rater({}, noisy(1)))
    assert send_back(by_file, sent / "anna.csv", sent / "ben.csv") == 0

    rows = agreement(capsys, by_queue, "last")
    assert {row["criterion"] for row in rows if row["kappa"]["value"] is not None} >= {"coverage", "language"}
    assert rows == agreement(capsys, by_file, "last")
    for run in runs:
        other = by_file / run.relative_to(by_queue)
        assert sorted(scored(run)) == sorted(scored(other))
    score = next(one for one in read_scores(runs[0]) if one.scored_by == "anna")
    assert score.scored_at == "2023-11-14T22:13:20+00:00"
    assert score.reason == "\n".join(f"{name}: well said" for name in CRITERIA)


@pytest.mark.slow
def test_importing_again_changes_nothing_and_a_change_of_mind_is_one_more_line(
    tmp_path: Path, empty_store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, (run, _) = queued(tmp_path, empty_store)
    assert pulled(tmp_path) == 0
    assert "ben: has answered nothing in MLflow yet." in capsys.readouterr().err
    answer(out, "anna", lambda *_: 3)
    assert pulled(tmp_path) == 0
    before = scored(run)
    assert {value for *_, value in before} == {3.0}
    assert pulled(tmp_path) == 0
    assert scored(run) == before

    trace = next(one for one in in_queue(out, "anna") if one.info.request_preview.startswith("Explain"))
    given = next(one for one in trace.info.assessments if one.name == "coverage")
    given.feedback.value = 5.0
    store_of(out).update_assessment(trace.info.trace_id, given.assessment_id, given)
    assert pulled(tmp_path) == 0
    after = [*before, ("retrieval", "coverage", "anna", 5.0)]
    assert scored(run) == after

    say(out, trace, "language", 2, by="carla")
    capsys.readouterr()
    assert pulled(tmp_path) == 0
    assert "anna: carla and default answered in this queue; all counts as anna's." in capsys.readouterr().err
    assert scored(run) == [*after, ("retrieval", "language", "anna", 2.0)]


@pytest.mark.slow
def test_what_is_no_score_is_refused_as_in_a_file(
    tmp_path: Path, empty_store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, (run, _) = queued(tmp_path, empty_store)
    answer(out, "anna", lambda _, name: 7 if name == "coverage" else 4)
    assert pulled(tmp_path) == 1
    said = capsys.readouterr()
    assert "coverage: must be from 1 to 5, got 7.0" in said.err
    assert not (run / "scores.jsonl").exists()


def test_an_export_without_queues_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_runs(tmp_path)
    export(tmp_path)
    assert pulled(tmp_path) == 1
    said = capsys.readouterr().err
    assert "no review queues of this export; make them with: python -m foundry_exp annotate export" in said
    assert not (tmp_path / "out" / "mlflow.db").exists()
