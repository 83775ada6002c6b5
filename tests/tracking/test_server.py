"""Publishing to a server: a real one on PostgreSQL that stops during a sweep, and ones that misbehave."""

import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from foundry_exp.cli.verbs import annotate
from foundry_exp.errors import ConfigError, UnreachableError
from foundry_exp.records.run_folder import append_score, read_records, read_scores
from foundry_exp.records.score import Score
from foundry_exp.results.cell import read
from foundry_exp.tracking.mlflow_store import MlflowTracker
from tests.conftest import SCRIPTED, Run, clean_environment, command
from tests.run_folders import make_run_folder
from tests.tracking.conftest import MlflowServer

pytestmark = pytest.mark.real

WAIT_S = 180
SCRIPTED_CELLS = (*(text for text in SCRIPTED if not text.startswith("tracker=")), "device_lock.folder=locks")
Answer = Callable[[str, str | None], tuple[int, str]]


def wait_for_cells(folder: Path, count: int) -> None:
    deadline_s = time.monotonic() + WAIT_S
    while len(list(folder.glob("mlruns/runs/*/*/run.json"))) < count:
        assert time.monotonic() < deadline_s
        time.sleep(0.05)


def test_server_that_stops_during_a_sweep_loses_no_run(mlflow_server: MlflowServer, run: Run, tmp_path: Path) -> None:
    tracker = [f"tracker.uri={mlflow_server.uri}", "tracker.experiment=stopped"]
    sweep = command(["-m", *SCRIPTED_CELLS, "generation.seed=1,2,3", *tracker])
    process = subprocess.Popen(
        sweep, cwd=tmp_path, env=clean_environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    wait_for_cells(tmp_path, 1)
    mlflow_server.stop()
    said, _ = process.communicate(timeout=WAIT_S)
    assert process.returncode == 0, said
    assert said.count("Runs wait in their folders") == 1
    (folder,) = tmp_path.glob("mlruns/runs/*")
    again = ("publish", folder.name, "--uri", mlflow_server.uri, "--experiment", "stopped")
    done = run(*again)
    assert (done.returncode, "no MLflow server answers" in done.stderr) == (2, True)
    mlflow_server.start()
    for _ in range(2):
        done = run(*again)
        assert done.returncode == 0, done.stderr
    runs = mlflow_server.runs("stopped")
    assert sorted(one.data.tags["foundry.run_id"] for one in runs) == [
        f"{folder.name}/seed-{seed}" for seed in (1, 2, 3)
    ]
    assert {one.info.status for one in runs} == {"FINISHED"}
    for one in runs:
        name = one.data.tags["foundry.run_id"].partition("/")[2]
        sent = {file.path for file in mlflow_server.client().list_artifacts(one.info.run_id)}
        assert sent - {"sweep"} == {path.name for path in (folder / name).iterdir()} | {"samples.json"}
        assert one.data.metrics["latency/ttft_ms_p50"] > 0


def test_what_is_on_the_server_is_not_sent_again(mlflow_server: MlflowServer, tmp_path: Path) -> None:
    from mlflow.entities import ViewType

    tracker = MlflowTracker(mlflow_server.uri, "again", str(tmp_path), publish_limit_s=60)
    assert tracker.check() is None
    folder = make_run_folder(tmp_path / "runs")
    assert tracker.publish(read(folder)) == tracker.publish(read(folder))
    client = mlflow_server.client()
    experiment = client.get_experiment_by_name("again").experiment_id
    assert len(client.search_runs([experiment], run_view_type=ViewType.ALL)) == 1


def test_traces_and_review_queues_go_by_way_of_a_server(mlflow_server: MlflowServer, tmp_path: Path) -> None:
    from mlflow.entities import AssessmentSource, Feedback
    from mlflow.tracing.client import TracingClient

    folder = make_run_folder(tmp_path / "runs", errors=("privacy",))
    record = next(record for record in read_records(folder) if record.phase == "measure")
    rules = Score(
        record.sample_id, record.output_hash, "facets", "length", 4.0, "too long", 1.0, "rules",
        "2026-12-02T08:00:00+00:00", "facets:abc",
    )  # fmt: skip
    append_score(folder, rules)
    tracker = MlflowTracker(mlflow_server.uri, "traced", str(tmp_path), publish_limit_s=60, traces=True)
    tracker.publish(read(folder))
    append_score(folder, replace(rules, value=2.0))
    tracker.publish(read(folder))
    client, tracing = mlflow_server.client(), TracingClient(mlflow_server.uri)
    (run,) = mlflow_server.runs("traced")
    found = client.search_traces(locations=[run.info.experiment_id])
    assert {trace.info.trace_metadata["mlflow.sourceRun"] for trace in found} == {run.info.run_id}
    assert {trace.info.state: trace.data.spans[0].outputs for trace in found} == {"OK": record.text, "ERROR": ""}
    assert [(one.name, one.feedback.value) for trace in found for one in trace.info.assessments] == [("length", 2.0)]

    where = ("--uri", mlflow_server.uri, "--output-dir", str(tmp_path))
    out = tmp_path / "out"
    asked = ["--annotators", "anna", "--rubric", "answer", "--out", str(out), "--to-mlflow"]
    for _ in range(2):
        assert annotate.main(["export", str(folder), *asked, *where]) == 0
    (experiment,) = [one for one in client.search_experiments() if one.name.startswith("annotation-answer-")]
    (trace,) = client.search_traces(locations=[experiment.experiment_id])
    tracing.log_assessment(trace.info.trace_id, Feedback("clarity", 3, source=AssessmentSource("HUMAN", "default")))
    assert annotate.main(["import", "--from-mlflow", str(out), *where]) == 0
    assert ("annotation", "anna", 3.0) in {(one.scorer, one.scored_by, one.value) for one in read_scores(folder)}


def test_server_that_is_down_stops_nothing_and_is_said_once(run: Run, tmp_path: Path) -> None:
    done = run("-m", *SCRIPTED_CELLS, "generation.seed=1,2", "tracker.uri=http://127.0.0.1:1")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("Runs wait in their folders") == 1
    assert len(list(tmp_path.glob("mlruns/runs/*/*/run.json"))) == 2


@contextmanager
def serving(answer: Answer) -> Iterator[str]:
    """A server that answers every request with a status and a body."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = answer(self.path, self.headers.get("Authorization"))
            self.send_response(status)
            self.send_header("Location", "http://127.0.0.1:1/login")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        do_POST = do_GET  # noqa: N815 — the library's names

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def guarded(path: str, authorization: str | None) -> tuple[int, str]:
    """An MLflow with basic-auth: bob and s3cret, or the token t0ken."""
    known = ("Basic Ym9iOnMzY3JldA==", "Bearer t0ken")
    return (200, "OK") if path == "/health" or authorization in known else (401, "who are you")


@pytest.fixture
def _no_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("USERNAME", "PASSWORD", "TOKEN", "AUTH"):
        monkeypatch.delenv(f"MLFLOW_TRACKING_{name}", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.mark.usefixtures("_no_credentials")
def test_credentials_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(guarded) as uri:
        tracker = MlflowTracker(uri, "e", str(tmp_path))
        with pytest.raises(ConfigError, match=r"refuses these credentials.*set MLFLOW_TRACKING_USERNAME"):
            tracker.check()
        monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "t0ken")
        assert tracker.check() is None
        monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "bob")
        monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "s3cret")
        assert tracker.check() is None
        monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "wr0ng")
        with pytest.raises(ConfigError) as caught:
            tracker.check()
    assert "wr0ng" not in str(caught.value)


def test_wrong_password_is_refused_before_anything_runs_and_written_nowhere(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "bob")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "wr0ng")
    with serving(guarded) as uri:
        done = run(*SCRIPTED_CELLS, f"tracker.uri={uri}")
        assert done.returncode == 2
        monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "s3cret")
        measured = run(*SCRIPTED_CELLS, f"tracker.uri={uri}", "workload.rounds=1")
    assert measured.returncode == 0
    said = done.stdout + done.stderr + measured.stdout + measured.stderr
    files = [path.read_text(encoding="utf-8", errors="replace") for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(secret in text for text in (said, *files) for secret in ("s3cret", "wr0ng"))


@pytest.mark.parametrize(
    ("status", "error"), [(404, "is not an MLflow server"), (302, "is not an MLflow server"), (403, "forbids it")]
)
def test_what_waiting_will_not_mend_is_refused(tmp_path: Path, status: int, error: str) -> None:
    with serving(lambda _path, _who: (status, "no")) as uri, pytest.raises(ConfigError, match=error):
        MlflowTracker(uri, "e", str(tmp_path)).check()


def test_server_that_is_not_well_is_waited_for(tmp_path: Path) -> None:
    with serving(lambda _path, _who: (503, "later")) as uri:
        assert "is not well (HTTP 503)" in str(MlflowTracker(uri, "e", str(tmp_path)).check())


def test_server_that_is_too_slow_is_given_up_and_left_alone(tmp_path: Path) -> None:
    asked: list[str] = []

    def slow(path: str, _who: str | None) -> tuple[int, str]:
        asked.append(path)
        run_facts = {"info": {"run_id": "1", "run_uuid": "1", "experiment_id": "1", "status": "RUNNING"}, "data": {}}
        experiment = {"experiment_id": "1", "name": "e", "lifecycle_stage": "active", "artifact_location": "x"}
        return 200, json.dumps({"experiment": experiment, "run": run_facts})

    folder = make_run_folder(tmp_path / "runs")
    with serving(slow) as uri:
        tracker = MlflowTracker(uri, "e", str(tmp_path), publish_limit_s=0)
        with pytest.raises(UnreachableError, match=r"too slow: not done within tracker\.publish_limit_s=0"):
            tracker.publish(read(folder))
        assert any("runs/delete" in path for path in asked), "no half run is left"
        before = len(asked)
        with pytest.raises(UnreachableError, match="did not answer lately"):
            tracker.publish(read(folder))
    assert len(asked) == before
