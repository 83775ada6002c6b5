import hashlib
import io
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from foundry_exp import target
from foundry_exp.config import compose
from foundry_exp.config.plan import plan
from foundry_exp.errors import StoreError, UnreachableError
from foundry_exp.protocols import Tracker
from foundry_exp.report.write import write_pages, write_texts
from foundry_exp.results.cell import FinishedCell, gather, read
from foundry_exp.run import one_cell
from foundry_exp.tracking import comparison
from foundry_exp.tracking.mlflow_store import MlflowTracker
from foundry_exp.tracking.no_tracker import NoTracker
from tests.run_folders import Cell, make_run_folder

TRACKERS: tuple[Tracker, ...] = (NoTracker(), MlflowTracker(None, "foundry_exp", "mlruns"))


@pytest.fixture
def output_dir(tmp_path: Path) -> Path:
    """A folder whose name is as awkward as a user's may be."""
    return tmp_path / "my runs #1 é"


def make_tracker(output_dir: Path) -> MlflowTracker:
    return MlflowTracker(None, "foundry_exp", str(output_dir))


def open_client(output_dir: Path) -> Any:
    from mlflow import MlflowClient

    return MlflowClient(f"sqlite:///{(output_dir / 'mlflow.db').as_posix()}")


def active_runs(output_dir: Path) -> list[Any]:
    client = open_client(output_dir)
    experiment = client.get_experiment_by_name("foundry_exp")
    return list(client.search_runs([experiment.experiment_id]))


def fingerprint(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.slow
def test_a_failure_whose_words_look_like_markup_is_said_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(NoTracker):
        def publish(self, cell: FinishedCell) -> str:
            raise StoreError(f"{cell.folder}: no room in [/dev/sda1]; free some.")

    config = compose.plain(compose.jobs([f"output_dir={tmp_path}"], multirun=False)[0][0].config)
    cell, said = plan(config, "cell", "night"), io.StringIO()
    monkeypatch.setattr(target, "build", lambda *_: Full())
    finished = replace(read(make_run_folder(tmp_path / "elsewhere")), folder=cell.folder)
    one_cell.publish(cell, finished, Console(file=said, width=40))
    assert "no room in [/dev/sda1]; free some." in said.getvalue()
    assert f"publish {tmp_path / 'runs' / 'night' / 'cell'}\n" in said.getvalue(), "the command is broken into lines"


@pytest.mark.slow
def test_cell_is_one_run_with_its_metrics_settings_and_files(output_dir: Path) -> None:
    folder = make_run_folder(output_dir / "runs", environment={"git_commit": "abc123", "git_dirty": False})
    before = fingerprint(folder)
    where = make_tracker(output_dir).publish(read(folder))
    (run,) = active_runs(output_dir)
    assert where == f"MLflow run {run.info.run_id} in experiment foundry_exp"
    assert (run.info.run_name, run.info.status) == ("demo-small·cpu·workshop", "FINISHED")
    assert run.info.end_time - run.info.start_time == 12_500
    assert run.data.metrics["latency/ttft_ms_p50"] == 40.0
    assert run.data.metrics["memory/rss_peak_mb"] == 210.0
    assert "quality/overall" not in run.data.metrics
    assert run.data.params["model.alias"] == "demo-small"
    assert run.data.tags["foundry.run_id"] == "20261201-120000/demo-small-cpu-on"
    assert run.data.tags["foundry.sweep_id"] == "sweep-1"
    assert run.data.tags["git_commit"] == "abc123"
    (dataset,) = run.inputs.dataset_inputs
    assert (dataset.dataset.name, len(dataset.dataset.digest)) == ("workshop", 16)
    assert fingerprint(folder) == before


@pytest.mark.slow
def test_files_lie_beside_the_store(output_dir: Path) -> None:
    folder = make_run_folder(output_dir / "runs")
    make_tracker(output_dir).publish(read(folder))
    (run,) = active_runs(output_dir)
    artifacts = output_dir / "artifacts" / run.info.run_id / "artifacts"
    names = {path.name for path in artifacts.iterdir()}
    assert names == {path.name for path in folder.iterdir()} | {"samples.json"}
    table = json.loads((artifacts / "samples.json").read_bytes())
    assert table["data"][0][2] == "demo-small answers retrieval."
    assert json.loads(run.data.tags["mlflow.loggedArtifacts"]) == [{"path": "samples.json", "type": "table"}]
    assert {path.name for path in output_dir.iterdir()} == {"runs", "artifacts", "mlflow.db", ".mlflow.db.lock"}


@pytest.mark.slow
def test_publishing_again_replaces(output_dir: Path) -> None:
    tracker = make_tracker(output_dir)
    folder = make_run_folder(output_dir / "runs")
    tracker.publish(read(folder))
    shutil.rmtree(folder)
    tracker.publish(read(make_run_folder(output_dir / "runs", metrics={"quality/judge": 4.0})))
    (run,) = active_runs(output_dir)
    assert run.data.metrics["quality/judge"] == 4.0


@pytest.mark.slow
def test_run_left_by_a_killed_publisher_goes_with_the_next(output_dir: Path) -> None:
    tracker = make_tracker(output_dir)
    folder = make_run_folder(output_dir / "runs")
    tracker.publish(read(folder))
    client = open_client(output_dir)
    (first,) = active_runs(output_dir)
    tags = {name: first.data.tags[name] for name in ("foundry.run_id", "foundry.published_ns")}
    client.create_run(first.info.experiment_id, tags=tags)
    tracker.publish(read(folder))
    (run,) = active_runs(output_dir)
    assert (run.info.status, run.info.run_id) == ("FINISHED", first.info.run_id)


@pytest.mark.slow
def test_failure_half_way_leaves_the_earlier_run(output_dir: Path) -> None:
    tracker = make_tracker(output_dir)
    folder = make_run_folder(output_dir / "runs")
    tracker.publish(read(folder))
    (first,) = active_runs(output_dir)
    shutil.rmtree(output_dir / "artifacts")
    (output_dir / "artifacts").touch()
    (folder / "runtime.log").write_text("one more line", encoding="utf-8")
    with pytest.raises(StoreError, match=r"demo-small-cpu-on: not published to .*the run folder is whole"):
        tracker.publish(read(folder))
    (run,) = active_runs(output_dir)
    assert run.info.run_id == first.info.run_id


@pytest.mark.slow
@pytest.mark.parametrize(
    ("cell", "status"),
    [
        (Cell(status="partial", reason="1 of 6 requests failed", errors=("privacy",)), "FINISHED"),
        (Cell(status="failed", reason="out of memory: close something"), "FAILED"),
        (Cell(status="skipped", reason="no such variant here"), "FAILED"),
        (Cell(status="interrupted", reason="stopped by Ctrl-C"), "KILLED"),
    ],
    ids=lambda value: value.status if isinstance(value, Cell) else value,
)
def test_status_and_reason_are_told(output_dir: Path, cell: Cell, status: str) -> None:
    make_tracker(output_dir).publish(read(make_run_folder(output_dir / "runs", cell)))
    (run,) = active_runs(output_dir)
    assert run.info.status == status
    assert run.data.tags["foundry.status"] == cell.status
    assert run.data.tags["foundry.reason"] == cell.reason
    assert run.data.tags["mlflow.note.content"].startswith(f"**{cell.status}**: {cell.reason}")


@pytest.mark.slow
def test_figures_of_another_device_are_not_published(output_dir: Path) -> None:
    folder = make_run_folder(output_dir / "runs")
    summary = json.loads((folder / "run.json").read_bytes())
    changed = summary | {"status": "device_mismatch", "reason": "asked for GPU, ran on the CPU."}
    (folder / "run.json").write_text(json.dumps(changed), encoding="utf-8")
    make_tracker(output_dir).publish(read(folder))
    (run,) = active_runs(output_dir)
    assert run.info.status == "FAILED"
    assert run.data.metrics == {}


def test_unfinished_run_is_not_published(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="the run did not finish"):
        make_tracker(tmp_path).publish(read(tmp_path))
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_deleted_experiment_is_a_sentence(output_dir: Path) -> None:
    tracker = make_tracker(output_dir)
    folder = make_run_folder(output_dir / "runs")
    tracker.publish(read(folder))
    client = open_client(output_dir)
    client.delete_experiment(client.get_experiment_by_name("foundry_exp").experiment_id)
    with pytest.raises(StoreError, match=r"this MLflow experiment was deleted; restore it .*-x 1"):
        tracker.publish(read(folder))


@pytest.mark.slow
def test_moved_store_is_a_sentence(output_dir: Path) -> None:
    make_tracker(output_dir).publish(read(make_run_folder(output_dir / "runs")))
    moved = output_dir.rename(output_dir.with_name("elsewhere"))
    folder = next((moved / "runs").glob("*/*"))
    with pytest.raises(StoreError, match=r"this store was moved here.*publish the run folders again"):
        make_tracker(moved).publish(read(folder))
    assert not output_dir.exists()


@pytest.mark.slow
def test_pages_are_artifacts_and_the_description_holds_the_comparison(output_dir: Path) -> None:
    tracker = make_tracker(output_dir)
    cells = [make_run_folder(output_dir / "runs", model=model) for model in ("demo-small", "demo-large")]
    folder = cells[0].parent
    finished = gather(cells)
    for cell in finished:
        tracker.publish(cell)
    write_texts(folder, finished)
    write_pages(folder, finished)
    tracker.conclude(folder, finished)
    client = open_client(output_dir)
    runs = active_runs(output_dir)
    for run in runs:
        assert {"report.html", "sweep"} <= {file.path for file in client.list_artifacts(run.info.run_id)}
        of_sweep = {file.path for file in client.list_artifacts(run.info.run_id, "sweep")}
        assert {"sweep/report.html", "sweep/plots"} <= of_sweep
    assert len({run.data.tags["mlflow.runColor"] for run in runs}) == 2
    note = client.get_experiment_by_name("foundry_exp").tags["mlflow.note.content"]
    assert note.startswith("Sweep of 2 cells: demo-small, demo-large; report.html is an artifact of each run\n")
    assert "| demo-large | ok |" in note


def test_description_is_cut_at_the_end_of_a_line(tmp_path: Path) -> None:
    (tmp_path / "report.md").write_text("# Sweep\n\n" + "| a line of a table |\n" * 900, encoding="utf-8")
    text = comparison.note(tmp_path, [read(make_run_folder(tmp_path / "runs"))] * 900)
    assert text is not None
    assert len(text) <= 5000
    assert text.endswith("| a line of a table |\n\n… the rest is in the sweep's report.html.")
    assert text.startswith(f"Sweep; report.html is in the run folder {tmp_path.name}\n")
    assert comparison.note(tmp_path / "nowhere", []) is None


@pytest.mark.slow
def test_nothing_published_leaves_nothing_to_conclude(output_dir: Path) -> None:
    folder = make_run_folder(output_dir / "runs")
    make_tracker(output_dir).conclude(folder, [read(folder)])
    assert open_client(output_dir).get_experiment_by_name("foundry_exp") is None


@pytest.mark.slow
def test_what_is_there_is_not_sent_again(output_dir: Path) -> None:
    tracker = make_tracker(output_dir)
    folder = make_run_folder(output_dir / "runs")
    first = tracker.publish(read(folder))
    assert tracker.publish(read(folder)) == first
    from mlflow.entities import ViewType

    client = open_client(output_dir)
    experiment = client.get_experiment_by_name("foundry_exp")
    assert len(client.search_runs([experiment.experiment_id], run_view_type=ViewType.ALL)) == 1
    (folder / "runtime.log").write_text("one more line", encoding="utf-8")
    assert tracker.publish(read(folder)) != first
    assert len(active_runs(output_dir)) == 1


@pytest.mark.slow
def test_server_that_is_not_there_is_unreachable(tmp_path: Path) -> None:
    tracker = MlflowTracker("http://127.0.0.1:1", "foundry_exp", str(tmp_path))
    folder = make_run_folder(tmp_path / "runs")
    with pytest.raises(UnreachableError, match=r"no MLflow server answers at http://127\.0\.0\.1:1"):
        tracker.publish(read(folder))
    with pytest.raises(UnreachableError, match="did not answer lately"):
        tracker.publish(read(folder))
