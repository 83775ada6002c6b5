"""Each fault in a request, through the whole command: a record with its class, counted, and the rest goes on."""

import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from foundry_exp.records import run_folder, runs
from foundry_exp.records.record import Record
from foundry_exp.records.run_result import RunResult
from tests.conftest import Run, clean_environment, command
from tests.test_faults import DEADLINE_S, when
from tests.timed_server.service import Behaviour, Service, TimedServer, timed_server

pytestmark = pytest.mark.real

FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "connection lost before a byte": ({"fault": "hang_up"}, "reset"),
    "reset in the middle": ({"fault": "reset"}, "reset"),
    "silence": ({"fault": "silence"}, "timeout_idle"),
    "400": ({"fault": "status", "status": 400}, "http_400"),
    "429": ({"fault": "status", "status": 429, "retry_after": "0"}, "rate_limited"),
    "503": ({"fault": "status", "status": 503}, "http_503"),
    "malformed event": ({"fault": "malformed"}, "malformed_event"),
    "error event in a 200": ({"fault": "error_event"}, "stream_error"),
    "no [DONE]": ({"fault": "no_done"}, "stream_truncated"),
}


def asking(server: TimedServer) -> list[str]:
    return [
        "backend=endpoint", f"backend.base_url={server.base_url}", "model=custom", "model.alias=m", "tracker=none",
        "draw_plots=false", "workload.warmup=0",
    ]  # fmt: skip


def measured(run: Run, home: Path, behaviour: Behaviour, *overrides: str) -> tuple[int, RunResult, list[Record]]:
    with timed_server(Service({"m": behaviour})) as server:
        done = run(*asking(server), "workload.idle_timeout_s=0.5", "workload.retry_backoff_s=0", *overrides)
    cell = runs.finished_cells(next((home / "mlruns" / "runs").iterdir()))[0]
    assert "Traceback" not in done.stdout + done.stderr
    return done.returncode, run_folder.read_result(cell), run_folder.read_records(cell)


@pytest.mark.parametrize(("behaviour", "error_class"), FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_is_a_record_and_the_rest_goes_on(
    run: Run, tmp_path: Path, behaviour: dict[str, Any], error_class: str
) -> None:
    code, result, records = measured(run, tmp_path, Behaviour(fault_every=4, **behaviour))
    failed = [record for record in records if record.error]
    assert (code, result.status, len(records)) == (1, "partial", 12)
    assert {record.error.class_ for record in failed if record.error} == {error_class}
    assert result.metrics["error_rate"] == pytest.approx(len(failed) / 12)
    assert result.metrics["e2e_ms"]["n"] == 12 - len(failed)
    assert error_class in str(result.reason)


def test_a_refusal_is_tried_again_when_wished_and_counted(run: Run, tmp_path: Path) -> None:
    refusing = Behaviour(fault="status", status=503, fault_every=4, retry_after="1")
    code, result, _ = measured(run, tmp_path, refusing, "workload.retries=2")
    assert (code, result.status, result.metrics["error_rate"]) == (0, "ok", 0.0)
    assert result.metrics["retries"] > 0
    assert result.metrics["e2e_ms"]["max"] < 1000 < result.metrics["wait_ms"]["min"]
    assert result.metrics["throughput_tok_per_s"] > 8 * 12 / 3, "three pauses of 1 s are in it"


def test_a_refused_request_whose_pause_ctrl_c_ended_is_asked_by_the_resumed_cell(run: Run, tmp_path: Path) -> None:
    """The server refuses every 8th request, loading's among them; it would be asked again in an hour."""
    with timed_server(Service({"m": Behaviour(fault="status", status=429, fault_every=8)})) as server:
        night = [*asking(server), "workload.retries=3", "workload.retry_backoff_s=3600", "sweep.name=night"]
        process = subprocess.Popen(command(night), cwd=tmp_path, env=clean_environment(), stderr=subprocess.DEVNULL)
        try:
            cell = when(tmp_path, "mlruns/runs/night/*/records.jsonl", lines=6).parent
            process.send_signal(signal.SIGINT)
            assert process.wait(DEADLINE_S) == 130
        finally:
            process.kill()
        assert len(run_folder.read_records(cell)) == 6, "a refusal was kept for good"
        done = run(*night, "sweep.resume=true")
    assert done.returncode == 0, done.stderr
    result = run_folder.read_result(cell)
    assert (result.status, result.metrics["requests"], result.metrics["error_rate"]) == ("ok", 12, 0.0)


def test_an_answer_that_broke_off_is_never_tried_again(run: Run, tmp_path: Path) -> None:
    code, result, _ = measured(run, tmp_path, Behaviour(fault="no_done", fault_every=4), "workload.retries=5")
    assert (code, result.status, result.metrics["retries"]) == (1, "partial", 0)


def test_missing_usage_is_flagged_and_rates_are_estimates(run: Run, tmp_path: Path) -> None:
    code, result, records = measured(run, tmp_path, Behaviour(usage="none"))
    assert code == 0
    assert {record.token_source for record in records} == {"events"}
    assert any("token" in warning for warning in result.warnings)
    assert result.metrics["ttft_ms"]["n"] == 12


def test_empty_answers_are_flagged_and_have_no_latency(run: Run, tmp_path: Path) -> None:
    _, result, _ = measured(run, tmp_path, Behaviour(fault="empty", fault_every=4))
    assert result.metrics["empty_rate"] == pytest.approx(3 / 12)
    assert result.metrics["e2e_ms"]["n"] == 9
    assert any("empty" in warning for warning in result.warnings)
