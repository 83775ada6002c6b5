"""What the shell may steer: the endpoint, and the original scripts' names in the one recipe that reads them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from foundry_exp.config import compose
from foundry_exp.config.plan import plan
from foundry_exp.measure.cell import Cell
from foundry_exp.records import run_folder, runs
from foundry_exp.records.run_result import RunResult
from foundry_exp.runtime.worker import Worker
from tests.conftest import Run, demo_model


@pytest.fixture(autouse=True)
def _bare_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*compose.BENCH_VARIABLES, compose.ENDPOINT_VARIABLE):
        monkeypatch.delenv(name, raising=False)


def cells(*overrides: str) -> list[Cell]:
    every_job, _ = compose.jobs(list(overrides), multirun=False)
    return [plan(compose.plain(job.config), f"cell-{number}", "sweep") for number, job in enumerate(every_job)]


@pytest.mark.slow
def test_the_bench_recipe_reads_every_name_of_the_original_scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    shell = {
        "BENCH_MODELS": "demo-large,demo-small", "BENCH_ROUNDS": "7", "BENCH_PROMPT": "What, then: is it?",
        "BENCH_STREAM": "1", "BENCH_MAX_TOKENS": "33", "BENCH_TEMPERATURE": "0.2", "RETRY_ON_FAIL": "4",
        "RETRY_BACKOFF": "0.5", "SHOW_USAGE": "1",
    }  # fmt: skip
    for name, value in shell.items():
        monkeypatch.setenv(name, value)
    planned = cells("experiment=bench-env")
    assert [cell.alias for cell in planned] == ["demo-large", "demo-small"]
    config = planned[0].config
    assert [sample.messages[0].content for sample in planned[0].prompts.samples] == ["What, then: is it?"]
    assert (config.workload.rounds, config.generation.max_tokens) == (7, 33)
    assert (config.generation.temperature, config.streaming.enabled) == (0.2, True)
    assert (config.workload.retries, config.workload.retry_backoff_s) == (4, 0.5)
    assert config.show_usage


@pytest.mark.slow
def test_elsewhere_they_change_nothing_and_one_line_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    without = cells()[0]
    monkeypatch.setenv("BENCH_ROUNDS", "7")
    assert cells()[0].fingerprint == without.fingerprint
    added, notes = compose.from_environment([])
    assert not added
    assert notes == ["ignored: BENCH_ROUNDS; only experiment=bench-env reads them."]
    assert compose.from_environment(["experiment=bench-env"]) == ([], [])


@pytest.mark.slow
def test_an_endpoint_in_the_shell_chooses_the_backend_unless_one_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(compose.ENDPOINT_VARIABLE, "http://127.0.0.1:5273/v1")
    added, notes = compose.from_environment(["model=demo-small"])
    assert added == ["backend=endpoint"]
    assert compose.ENDPOINT_VARIABLE in notes[0]
    assert cells(*added)[0].config.backend.base_url == "http://127.0.0.1:5273/v1"
    assert compose.from_environment(["backend=native"]) == ([], [])


@pytest.fixture
def service(tmp_path: Path) -> Iterator[str]:
    """A real Foundry service that somebody else started."""
    job = {
        "catalogue_url": None, "cache_only": False, "data_dir": str(tmp_path / "theirs"),
        "cache_dir": str(tmp_path / "theirs" / "models"),
        "model": {
            "alias": "demo-small", "variant": None, "path": str(demo_model("demo-small")), "accel": "cpu",
            "device": "CPU", "prefer": ["generic-cpu"], "log_dir": str(tmp_path / "log"),
        },
    }  # fmt: skip
    with Worker.start("foundry_exp.runtime.http.serve", job) as worker:
        yield worker.answer(60, "loading")["base_url"]
        worker.end(10)


def only_result(home: Path) -> RunResult:
    return run_folder.read_result(runs.finished_cells(next((home / "mlruns" / "runs").iterdir()))[0])


@pytest.mark.real
def test_a_foundry_service_that_is_already_there_is_measured(
    run: Run, tmp_path: Path, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = run("model=demo-small", f"backend.base_url={service}", "backend=endpoint", "tracker=none", "accel=cpu")
    assert done.returncode == 0, done.stdout + done.stderr
    result = only_result(tmp_path)
    assert (result.status, result.backend) == ("ok", "endpoint")
    assert result.model.variant == "demo-small-generic-cpu:1"
    assert result.model.accel_evidence == "id_only", "what a remote machine ran on cannot be proved from here"
    for unknown in ("rss_baseline_mb", "rss_loaded_mb", "rss_peak_mb", "cpu_percent"):
        assert result.metrics[unknown] is None
        assert result.missing[unknown]


@pytest.mark.real
def test_a_service_of_our_own_is_watched_from_outside(run: Run, tmp_path: Path) -> None:
    folders = [f"backend.data_dir={tmp_path / 'ours'}", f"backend.cache_dir={tmp_path / 'ours' / 'models'}"]
    done = run("model=demo-small", "backend=service", "tracker=none", *folders)
    assert done.returncode == 0, done.stdout + done.stderr
    result = only_result(tmp_path)
    assert (result.status, result.model.accel_evidence) == ("ok", "log")
    assert 0 < result.metrics["rss_baseline_mb"] < result.metrics["rss_loaded_mb"] <= result.metrics["rss_peak_mb"]
    assert result.metrics["client_overhead_ms"] is None
    assert "calibrate" in result.missing["client_overhead_ms"]


@pytest.mark.real
def test_token_usage_is_printed_when_wished(run: Run) -> None:
    scripted = ("backend=scripted", "model=custom", "model.alias=m", "tracker=none", "workload.rounds=1")
    assert "completion" not in run(*scripted).stderr
    assert (
        "3 prompt + 11 completion = 14 tokens" in run(*scripted, "show_usage=true", "prompts.text='Is it so?'").stderr
    )
