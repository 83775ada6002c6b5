"""From a whole cell to the energy, cost and GPU memory in its run.json."""

import json
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest

from foundry_exp.config import compose
from foundry_exp.config.plan import plan
from foundry_exp.measure import consumption
from foundry_exp.measure.cell import Cell
from foundry_exp.measure.consumption import busy_s
from foundry_exp.measure.outcome import Outcome
from foundry_exp.records.run_result import AttemptFacts, ModelFacts
from foundry_exp.run import one_cell
from foundry_exp.runtime.meters import vram
from foundry_exp.runtime.meters.energy import Energy
from tests.conftest import SCRIPTED, Run
from tests.record_factory import make_record

REQUESTS = 12  # 4 prompts, 3 rounds
SCRIPT_S = 0.040  # 20 ms, then 10 gaps of 2 ms between 11 words
PER_REQUEST_J = 28.0 * SCRIPT_S


def only_result(folder: Path) -> dict[str, Any]:
    (path,) = folder.glob("mlruns/runs/*/*/run.json")
    config: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return config


@pytest.mark.real
def test_a_cell_carries_energy_and_cost_whose_sums_are_checked_by_hand(run: Run, tmp_path: Path) -> None:
    assert run(*SCRIPTED).returncode == 0
    result = only_result(tmp_path)
    metrics = result["metrics"]
    assert metrics["energy_j"] == pytest.approx(REQUESTS * PER_REQUEST_J)
    assert metrics["energy_j_per_token"] == pytest.approx(PER_REQUEST_J / 11)
    assert metrics["cost_per_1k_requests"] == pytest.approx(1e3 * PER_REQUEST_J / 3.6e6 * 0.30)
    assert metrics["cost_per_million_tokens"] == pytest.approx(1e6 * PER_REQUEST_J / 11 / 3.6e6 * 0.30)
    assert (result["energy_source"], result["currency"]) == ("heuristic", "EUR")
    assert set(result["environment"]["power"]) == {"start", "end"}
    assert {"power_source", "cpu_governor"} <= set(result["environment"])
    for name in ("vram_baseline_mb", "vram_loaded_mb", "vram_peak_mb"):
        assert metrics[name] is not None or result["missing"][name]


@pytest.mark.real
def test_a_device_idle_between_scheduled_requests_is_not_charged_for_it(run: Run, tmp_path: Path) -> None:
    assert run(*SCRIPTED, "workload.rate_per_s=8").returncode == 0
    assert only_result(tmp_path)["metrics"]["energy_j"] == pytest.approx(REQUESTS * PER_REQUEST_J)


@pytest.mark.real
def test_a_measurement_that_could_not_be_made_is_said(run: Run, tmp_path: Path) -> None:
    assert run(*SCRIPTED, "energy=measured", f"energy.powercap={tmp_path}").returncode == 0
    result = only_result(tmp_path)
    assert result["energy_source"] == "heuristic"
    assert any("energy_j is an estimate" in warning and "no RAPL here" in warning for warning in result["warnings"])


@pytest.mark.real
def test_a_process_that_dies_leaves_no_energy_figure(run: Run, tmp_path: Path) -> None:
    assert run(*SCRIPTED, "backend.fault=crash", "backend.fault_every=8").returncode == 1
    result = only_result(tmp_path)
    assert result["energy_source"] is None
    assert result["metrics"]["energy_j"] is None
    assert "window" in result["missing"]["energy_j"]


@pytest.mark.real
@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("energy.price_per_kwh=-1", "energy.price_per_kwh: must be at least 0"),
        ("energy.watts_by_device.CPU=0", "energy.watts_by_device.CPU: must be more than 0"),
        ("+energy.watts_by_device.TPU=5", "unknown key 'TPU'"),
        ("+energy.colour=red", "energy.colour"),
        ("energy._target_=os.system", "not from an allowed package"),
        ("workload.cooldown_s=-1", "workload.cooldown_s: must be at least 0"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_runs(run: Run, tmp_path: Path, override: str, words: str) -> None:
    done = run(*SCRIPTED, override)
    assert done.returncode == 2
    assert words in done.stderr
    assert not list(tmp_path.glob("mlruns/runs/*"))


def test_overlapping_requests_are_one_busy_stretch() -> None:
    records = [
        make_record(start_ms=1000, content_ms=(100.0, 400.0)),
        make_record(start_ms=1200, content_ms=(100.0, 500.0)),  # 300 ms longer than the first
        make_record(start_ms=1300, content_ms=(100.0,)),  # within both
        make_record(start_ms=5000, content_ms=(250.0,)),
    ]
    assert busy_s(records) == pytest.approx(0.400 + 0.300 + 0.250)
    assert busy_s([]) == 0.0


def cell() -> Cell:
    every_job, _ = compose.jobs(list(SCRIPTED), multirun=False)
    return plan(compose.plain(every_job[0].config), "cell", "sweep")


def consumed(device: str, provider: str, pid: int | None, *, records: int = 2) -> consumption.Consumption:
    """What a cell comes to whose meter says 100 J; each of its requests takes 130 ms for 4 tokens."""
    outcome = Outcome(
        ending="done",
        facts={"device": device, "pid": pid},
        energy=Energy(100.0, "nvml", window_s=1.0),
        vram_peak=vram.Reading(700.0),
    )
    facts = ModelFacts("m", None, device, provider, "log", None, None, None, None, None, None)
    return consumption.consumed(
        cell(), outcome, [make_record(start_ms=200.0 * number) for number in range(records)], facts
    )


@pytest.mark.slow
def test_what_a_meter_says_of_the_right_process_and_device_is_kept() -> None:
    used = consumed("GPU", "CUDAExecutionProvider", pid=1)
    assert (used.metrics["energy_j"], used.metrics["energy_j_per_token"], used.energy_source) == (
        100.0,
        12.5,
        "nvml",
    )
    assert used.metrics["vram_peak_mb"] == 700.0


@pytest.mark.slow
@pytest.mark.parametrize("provider", ["CPUExecutionProvider", "CPUExecutionProvider, CUDAExecutionProvider"])
def test_a_gpu_variant_that_ran_on_the_cpu_has_no_energy_of_the_gpu(provider: str) -> None:
    used = consumed("GPU", provider, pid=1)
    assert (used.metrics["energy_j"], used.energy_source) == (None, None)
    assert "ran on CPUExecutionProvider" in used.missing["energy_j"]


@pytest.mark.slow
def test_a_model_elsewhere_has_neither_energy_nor_memory_of_this_machine() -> None:
    used = consumed("GPU", "CUDAExecutionProvider", pid=None)
    assert used.metrics["energy_j"] is None
    assert used.metrics["vram_peak_mb"] is None
    assert "not one that this machine can look at" in used.missing["energy_j"]
    assert "not one that this machine can look at" in used.missing["vram_peak_mb"]


@pytest.mark.slow
def test_a_window_without_a_request_is_no_measurement() -> None:
    assert consumed("GPU", "CUDAExecutionProvider", pid=1, records=0).missing["energy_j"] == "nothing was measured"


def attempt(number: int, energy_j: float | None, source: Literal["nvml", "rapl"] = "nvml") -> AttemptFacts:
    one = AttemptFacts(number, "2026-11-29T12:00:00+00:00", measured=2, rss_peak_mb=energy_j, vram_peak_mb=energy_j)
    return replace(one, energy_j=energy_j, energy_source=source if energy_j else None, energy_window_s=1.0)


def resumed(first: AttemptFacts) -> consumption.Consumption:
    """A cell whose second attempt took 100 J and 700 MB for two of its four requests."""
    outcome = Outcome(
        ending="done",
        facts={"device": "GPU", "pid": 1},
        energy=Energy(100.0, "nvml", window_s=1.0),
        vram_peak=vram.Reading(700.0),
    )
    facts = ModelFacts("m", None, "GPU", "CUDAExecutionProvider", "log", None, None, None, None, None, None)
    records = [make_record(attempt=number, start_ms=200.0 * turn) for number in range(2) for turn in range(2)]
    return consumption.consumed(cell(), outcome, records, facts, (first, attempt(1, 100.0)))


@pytest.mark.slow
def test_a_resumed_cell_has_the_energy_and_the_peak_of_all_its_attempts() -> None:
    used = resumed(attempt(0, 900.0))
    assert (used.metrics["energy_j"], used.metrics["energy_j_per_request"]) == (1000.0, 250.0)
    assert used.metrics["vram_peak_mb"] == 900.0


@pytest.mark.slow
def test_of_a_killed_attempt_nobody_knows_the_energy_so_there_is_no_sum() -> None:
    used = resumed(attempt(0, None))
    assert (used.metrics["energy_j"], used.metrics["vram_peak_mb"]) == (None, None)
    assert "attempt 0 ended before its energy was read" in used.missing["energy_j"]
    assert "attempt 0 was killed" in used.missing["vram_peak_mb"]
    assert used.metrics["energy_j_per_request"] == 50.0


@pytest.mark.slow
def test_joules_of_different_meters_are_not_added() -> None:
    assert "different sources (nvml, rapl)" in resumed(attempt(0, 900.0, "rapl")).missing["energy_j"]


def rested(rest_s: float, show: Any) -> Any:
    every_job, _ = compose.jobs([*SCRIPTED, f"workload.cooldown_s={rest_s}"], multirun=False)
    return one_cell.cooled(plan(compose.plain(every_job[0].config), "cell", "sweep"), show)


@pytest.mark.slow
def test_a_cell_rests_before_it_starts_and_says_so() -> None:
    steps: list[dict[str, Any]] = []
    assert rested(0.01, steps.append) is None
    assert steps == [{"step": "cooling", "seconds": 0.01}]
    assert rested(0, steps.append) is None
    assert len(steps) == 1


@pytest.mark.slow
def test_ctrl_c_while_resting_is_an_interrupted_cell() -> None:
    outcome = rested(60, lambda _: signal.raise_signal(signal.SIGINT))
    assert outcome.ending == "interrupted"
