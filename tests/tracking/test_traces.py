"""The traces that MLflow gets beside a run: true times, equal inputs, scores as feedback, and never twice."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from mlflow.entities import AssessmentSource, Feedback
from mlflow.tracing.client import TracingClient

from foundry_exp.errors import StoreError
from foundry_exp.records.run_folder import append_score, read_records, read_result, write_result
from foundry_exp.records.run_result import AttemptFacts
from foundry_exp.records.score import Score, Scored, Standing
from foundry_exp.results.cell import read
from foundry_exp.tracking.mlflow_store import MlflowTracker
from foundry_exp.tracking.traces import clock_zeros
from tests.run_folders import MS, PROMPTS, make_run_folder

pytestmark = pytest.mark.usefixtures("made_store")

ZERO_NS = 1_796_126_400_000_000_000
"""2026-12-01 12:00 UTC."""


def publish(output_dir: Path, *folders: Path, traces: bool = True) -> list[str]:
    """The MLflow runs of the folders."""
    tracker = MlflowTracker(None, "foundry_exp", str(output_dir), traces=traces)
    return [tracker.publish(read(folder)).split()[2] for folder in folders]


def client_of(output_dir: Path) -> Any:
    from mlflow import MlflowClient

    return MlflowClient(f"sqlite:///{(output_dir / 'mlflow.db').as_posix()}")


def traces_of(output_dir: Path, run_id: str | None = None) -> dict[str, Any]:
    """By prompt; of every run, or of one."""
    client = client_of(output_dir)
    experiment = client.get_experiment_by_name("foundry_exp").experiment_id
    found = client.search_traces(locations=[experiment], run_id=run_id)
    assert len({trace.data.spans[0].name for trace in found}) == len(found)
    return {trace.data.spans[0].name: trace for trace in found}


def scored_folder(output_dir: Path, **changes: Any) -> Path:
    """A run whose first answer has points by rules, a judge and a person, and whose second prompt failed."""
    folder = make_run_folder(output_dir / "runs", errors=("privacy",), **changes)
    result = read_result(folder)
    attempt = AttemptFacts(0, "2026-12-01T11:59:58+00:00", clock_zero_ns=ZERO_NS)
    write_result(folder, replace(result, attempts=(attempt,)))
    for scorer, by, value in (("facets", "rules", 5.0), ("judge", "phi@1", 4.0), ("annotation", "anna", 3.0)):
        give(folder, scorer, by, value)
    return folder


def give(folder: Path, scorer: str, by: str, value: float | None, reason: str = "because") -> None:
    """A score of the first answer."""
    record = next(record for record in read_records(folder) if record.phase == "measure")
    append_score(
        folder,
        Score(
            record.sample_id, record.output_hash, scorer, "coverage", value, reason, 1.0, by,
            "2026-12-02T08:00:00+00:00", "summary:abc",
        ),
    )  # fmt: skip


def feedback_of(trace: Any) -> dict[tuple[str, str], Any]:
    return {(one.source.source_type, one.source.source_id): one for one in trace.info.assessments}


@pytest.mark.slow
def test_a_run_has_a_trace_for_each_different_answer_with_its_times_tokens_and_scores(tmp_path: Path) -> None:
    folder = scored_folder(tmp_path)
    (run_id,) = publish(tmp_path, folder)
    found = traces_of(tmp_path, run_id)
    assert sorted(found) == ["privacy", "retrieval"]  # three rounds answered alike, or failed alike
    answered, failed = found["retrieval"], found["privacy"]

    record = next(record for record in read_records(folder) if record.phase == "measure")
    (span,) = answered.data.spans
    assert (span.start_time_ns, span.end_time_ns) == (ZERO_NS + record.t_start_ns, ZERO_NS + record.t_end_ns)
    assert answered.info.execution_duration == (record.t_end_ns - record.t_start_ns) // MS
    assert span.inputs == {"messages": [{"role": "user", "content": PROMPTS["retrieval"]}]}
    assert (span.outputs, answered.info.state) == (record.text, "OK")
    assert span.attributes["foundry.ttft_ms"] == 40.0
    assert span.attributes["foundry.answered_alike"] == 3
    assert answered.info.token_usage == {"input_tokens": 12, "output_tokens": 3, "total_tokens": 15}
    assert answered.info.trace_metadata["mlflow.sourceRun"] == run_id

    given = feedback_of(answered)
    assert {source: one.value for source, one in given.items()} == {
        ("CODE", "rules"): 5.0,
        ("LLM_JUDGE", "phi@1"): 4.0,
        ("HUMAN", "anna"): 3.0,
    }
    assert {(one.name, one.rationale) for one in given.values()} == {("coverage", "because")}

    assert (failed.info.state, failed.info.assessments) == ("ERROR", [])
    assert failed.data.spans[0].status.description == "no answer within 60 s"
    assert failed.data.spans[0].events[0].attributes["exception.type"] == "timeout"


@pytest.mark.slow
def test_publishing_again_changes_traces_and_adds_none(tmp_path: Path) -> None:
    folder = scored_folder(tmp_path)
    (first,) = publish(tmp_path, folder)
    before = traces_of(tmp_path)["retrieval"]
    in_mlflow = Feedback(name="tone", value=2, source=AssessmentSource("HUMAN", "carla"))
    TracingClient(client_of(tmp_path).tracking_uri).log_assessment(before.info.trace_id, in_mlflow)
    assert publish(tmp_path, folder) == [first]
    assert len(feedback_of(traces_of(tmp_path)["retrieval"])) == 4

    give(folder, "annotation", "anna", 1.0, "on second thoughts")
    give(folder, "judge", "other@2", None, "no score in what it said")
    (second,) = publish(tmp_path, folder, traces=False)  # a cell that had traces once goes on to have them
    assert second != first
    after = traces_of(tmp_path, second)
    assert {trace.info.trace_id for trace in traces_of(tmp_path).values()} == {
        trace.info.trace_id for trace in after.values()
    }
    assert after["retrieval"].info.trace_id == before.info.trace_id
    given = feedback_of(after["retrieval"])
    assert {source: one.value for source, one in given.items()} == {
        ("CODE", "rules"): 5.0,
        ("LLM_JUDGE", "other@2"): None,
        ("HUMAN", "anna"): 1.0,
        ("HUMAN", "carla"): 2,
    }
    assert given["HUMAN", "anna"].rationale == "on second thoughts"
    assert given["LLM_JUDGE", "other@2"].error.error_message == "no score in what it said"
    assert traces_of(tmp_path, first) == {}


@pytest.mark.slow
def test_traces_are_asked_for_and_come_to_a_run_that_is_there(tmp_path: Path) -> None:
    folder = scored_folder(tmp_path)
    (run_id,) = publish(tmp_path, folder, traces=False)
    assert traces_of(tmp_path) == {}
    assert publish(tmp_path, folder) == [run_id]
    assert len(traces_of(tmp_path, run_id)) == 2


@pytest.mark.slow
def test_two_models_are_paired_by_what_they_were_asked(tmp_path: Path) -> None:
    folders = [scored_folder(tmp_path, model=model) for model in ("small", "large")]
    runs = publish(tmp_path, *folders)
    one, other = (traces_of(tmp_path, run_id) for run_id in runs)
    for name in PROMPTS:
        assert one[name].info.request_preview == other[name].info.request_preview
        assert one[name].data.spans[0].inputs == other[name].data.spans[0].inputs
        assert one[name].info.trace_id != other[name].info.trace_id
    assert len({trace.info.request_preview for trace in one.values()}) == len(PROMPTS)


@pytest.mark.slow
def test_a_judge_that_cannot_be_believed_says_so(tmp_path: Path) -> None:
    folder = scored_folder(tmp_path)
    judged = Scored("summary:abc", ("phi@1",), 3, 3, None, {}, Standing(trusted=False, reason="kappa 0.1"))
    write_result(folder, replace(read_result(folder), scores={"judge": judged}))
    publish(tmp_path, folder)
    given = feedback_of(traces_of(tmp_path)["retrieval"])
    assert given["LLM_JUDGE", "phi@1"].name == "coverage (uncalibrated)"
    assert given["HUMAN", "anna"].name == "coverage"


@pytest.mark.slow
def test_times_of_another_device_are_no_traces(tmp_path: Path) -> None:
    folder = scored_folder(tmp_path)
    write_result(folder, replace(read_result(folder), status="device_mismatch", reason="ran on the CPU"))
    publish(tmp_path, folder)
    assert traces_of(tmp_path) == {}


def test_an_older_run_folder_begins_when_its_attempt_did(tmp_path: Path) -> None:
    folder = make_run_folder(tmp_path / "runs")
    result, records = read_result(folder), read_records(folder)
    (zero_ns,) = clock_zeros(result, read(folder).measured).values()
    first_ns = min(record.t_start_ns for record in records)
    assert zero_ns + first_ns == ZERO_NS  # the run's start; its attempts are not known


@pytest.mark.slow
def test_what_the_store_refuses_is_written_by_the_next_publish(tmp_path: Path) -> None:
    folder = scored_folder(tmp_path)
    refuse = "CREATE TRIGGER full BEFORE INSERT ON spans BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as database:
        database.execute(refuse)
    with pytest.raises(StoreError, match=r"not published to .*the disk is full"):
        publish(tmp_path, folder)
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as database:
        database.execute("DROP TRIGGER full")
    client = client_of(tmp_path)
    (run,) = client.search_runs([client.get_experiment_by_name("foundry_exp").experiment_id])
    assert run.info.status == "FINISHED"  # the run is there, and is not sent again
    assert publish(tmp_path, folder, traces=True) == [run.info.run_id]
    assert len(traces_of(tmp_path, run.info.run_id)) == 2
