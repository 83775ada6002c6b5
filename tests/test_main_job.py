"""The main job and a sweep, through the real runtime and a real MLflow store, as a user starts them."""

import csv
import json
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from foundry_exp.files.json_schema import load_schema
from foundry_exp.metrics.request import request_metrics
from foundry_exp.records import run_folder, runs
from foundry_exp.records.run_result import RunResult
from tests.conftest import Run, clean_environment, command, native

pytestmark = pytest.mark.real

GRID = ("-m", "model=demo-small,demo-large", "streaming=on,off")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("project")


@pytest.fixture(scope="module")
def sweep(home: Path) -> dict[str, Path]:
    """Two models, with and without streaming, measured twice by two separate commands: cell name to folders."""
    for _ in range(2):
        done = subprocess.run(
            command([*GRID, *native(home), "workload.rounds=2", "prompts=deterministic"]),
            cwd=home, env=clean_environment(), capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        (home / "printed.txt").write_text(done.stdout, encoding="utf-8")
    first, second = sorted((home / "mlruns" / "runs").iterdir())
    return {"first": first, "second": second}


def cells(folder: Path) -> dict[str, RunResult]:
    return {path.name: run_folder.read_result(path) for path in runs.finished_cells(folder)}


def test_the_grid_is_four_ok_cells_named_for_what_was_swept(sweep: dict[str, Path]) -> None:
    assert {name: result.status for name, result in cells(sweep["first"]).items()} == {
        f"{model}-streaming-{mode}": "ok" for model in ("demo-small", "demo-large") for mode in ("on", "off")
    }


def test_greedy_answers_are_byte_identical_over_rounds_and_commands(sweep: dict[str, Path]) -> None:
    def hashes(folder: Path) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for record in run_folder.read_records(folder):
            if record.phase == "measure":
                found.setdefault(record.sample_id, set()).add(record.output_hash)
        return found

    for name in cells(sweep["first"]):
        first, second = hashes(sweep["first"] / name), hashes(sweep["second"] / name)
        assert all(len(outputs) == 1 for outputs in first.values())
        assert first == second
        assert cells(sweep["first"])[name].metrics["determinism_rate"] == 1.0


def test_what_ran_is_proved_by_the_runtimes_own_log(sweep: dict[str, Path]) -> None:
    for name, result in cells(sweep["first"]).items():
        assert result.model.variant == f"{result.model.alias}-generic-cpu:1"
        assert (result.model.execution_provider, result.model.accel_evidence) == ("CPUExecutionProvider", "log")
        assert b"EP=CPUExecutionProvider" in (sweep["first"] / name / "runtime.log").read_bytes()


def test_streaming_gives_first_token_times_and_a_plain_response_gives_none(sweep: dict[str, Path]) -> None:
    results = cells(sweep["first"])
    for model in ("demo-small", "demo-large"):
        streamed, whole = results[f"{model}-streaming-on"], results[f"{model}-streaming-off"]
        assert 0 < streamed.metrics["ttft_ms"]["p50"] < streamed.metrics["e2e_ms"]["p50"]
        assert whole.metrics["ttft_ms"] is None
        assert "stream" in whole.missing["ttft_ms"]
        assert whole.metrics["e2e_ms"]["p50"] > 0


def test_the_two_models_really_differ(sweep: dict[str, Path]) -> None:
    results = cells(sweep["first"])
    small, large = (results[f"{model}-streaming-on"] for model in ("demo-small", "demo-large"))
    assert small.model.disk_mb is not None
    assert large.model.disk_mb is not None
    assert large.model.disk_mb > 1.5 * small.model.disk_mb
    assert small.metrics["decode_tok_per_s"]["p50"] > large.metrics["decode_tok_per_s"]["p50"]
    answers = [
        {record.sample_id: record.text for record in run_folder.read_records(sweep["first"] / f"{model}-streaming-on")}
        for model in ("demo-small", "demo-large")
    ]
    assert answers[0] != answers[1]


def test_run_json_and_records_keep_their_schemas(sweep: dict[str, Path]) -> None:
    for name in cells(sweep["first"]):
        folder = sweep["first"] / name
        jsonschema.validate(json.loads((folder / "run.json").read_text(encoding="utf-8")), load_schema("run"))
        for line in (folder / "records.jsonl").read_text(encoding="utf-8").splitlines():
            jsonschema.validate(json.loads(line), load_schema("record"))


def test_every_null_metric_has_a_reason(sweep: dict[str, Path]) -> None:
    for result in cells(sweep["first"]).values():
        nulls = {name for name, value in result.metrics.items() if value is None}
        assert nulls == set(result.missing)


def test_memory_load_and_cold_start_are_measured_apart(sweep: dict[str, Path]) -> None:
    metrics = cells(sweep["first"])["demo-large-streaming-on"].metrics
    assert 0 < metrics["rss_baseline_mb"] < metrics["rss_loaded_mb"] <= metrics["rss_peak_mb"]
    assert metrics["load_s"] > 0
    assert metrics["cold_ttft_ms"] > 0
    records = run_folder.read_records(sweep["first"] / "demo-large-streaming-on")
    assert records[0].phase == "warmup"
    assert metrics["cold_ttft_ms"] == request_metrics(records[0]).ttft_ms


def test_the_table_has_latency_and_throughput_and_says_what_next(sweep: dict[str, Path], home: Path) -> None:
    printed = (home / "printed.txt").read_text(encoding="utf-8")
    for words in ("latency", "throughput", "demo-small", "demo-large", "report.html", "foundry_exp ui"):
        assert words in printed
    assert str(sweep["second"]) in printed or sweep["second"].name in printed


def test_reports_are_there_for_people_spreadsheets_and_scripts(sweep: dict[str, Path]) -> None:
    assert "demo-large" in (sweep["first"] / "report.md").read_text(encoding="utf-8")
    for folder in (sweep["first"], *(sweep["first"] / name for name in cells(sweep["first"]))):
        assert "demo-" in (folder / "report.html").read_text(encoding="utf-8")
    assert (sweep["first"] / "plots" / "latency.svg").exists()
    with (sweep["first"] / "report.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == 4
    rows: list[dict[str, Any]] = json.loads((sweep["first"] / "report.json").read_text(encoding="utf-8"))
    for row in rows:
        assert {"alias", "latency_avg", "latency_p95", "tokens_per_sec_avg", "rounds", "status"} <= set(row)
        assert 0 < len(row["sample_output"]) <= 160


def test_every_cell_is_a_run_in_the_store(sweep: dict[str, Path], home: Path) -> None:
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{home / 'mlruns' / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("foundry_exp")
    runs = client.search_runs([experiment.experiment_id])
    assert len(runs) == 8
    assert {run.data.tags["foundry.sweep_id"] for run in runs} == {path.name for path in sweep.values()}
    assert all("latency/e2e_ms_p50" in run.data.metrics for run in runs)
    assert (home / "mlruns" / "artifacts").is_dir()


def test_a_prompt_longer_than_the_context_is_a_failed_request(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "long.json"
    path.write_text(
        json.dumps(["Summarize: " + "local inference " * 5000, "List 3 privacy benefits of local inference."])
    )
    done = run("model=demo-small", f"prompts.path={path}", "tracker=none", "workload.warmup=0", *native(tmp_path))
    assert done.returncode == 1
    result = run_folder.read_result(runs.finished_cells(next((tmp_path / "mlruns" / "runs").iterdir()))[0])
    assert result.status == "partial"
    assert "context_overflow" in str(result.reason)
    assert "shorten the prompt" in done.stdout


def test_no_gpu_variant_is_a_skipped_row_with_what_there_is(run: Run, tmp_path: Path) -> None:
    done = run("-m", "model=demo-small", "accel=cpu,gpu", "tracker=none", "workload.rounds=1", *native(tmp_path))
    assert done.returncode == 0, "nothing failed, and one cell was measured"
    assert "skipped" in done.stdout
    assert "demo-small-generic-cpu:1" in done.stdout
    assert run("model=demo-small", "accel=gpu", "tracker=none", *native(tmp_path)).returncode == 1, "none was measured"


def test_a_variant_that_promises_a_gpu_and_runs_on_the_cpu_is_no_figure(run: Run, tmp_path: Path) -> None:
    done = run(
        "model=demo-small", "model.variant=demo-small-generic-gpu:1", "accel=gpu", "tracker=none", *native(tmp_path)
    )
    assert done.returncode == 1
    assert "device_mismatch" in done.stdout
    assert "CPUExecutionProvider" in done.stdout


def test_a_model_that_no_catalogue_has_is_a_failed_row(run: Run, tmp_path: Path) -> None:
    done = run("model=custom", "model.alias=no-such-model", "tracker=none", *native(tmp_path))
    assert done.returncode == 1
    assert "no-such-model" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
