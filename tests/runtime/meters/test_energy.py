"""Energy and cost: sums by hand, which meter is read, and the reason of every null."""

import os
import sys
from pathlib import Path

import pytest

from foundry_exp import target
from foundry_exp.config import compose
from foundry_exp.runtime.meters.energy import (
    METRICS,
    NO_DEVICE,
    Energy,
    EnergyMeter,
    HeuristicEnergy,
    MeasuredEnergy,
    energy_metrics,
    heuristic,
    while_busy,
)
from tests.runtime.meters.conftest import Nvml, domain

WATTS = {"CPU": 28.0, "GPU": 75.0}
ME = os.getpid()
rapl_files = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no file name with a colon, and no RAPL files"
)


def measured(powercap: Path) -> MeasuredEnergy:
    return MeasuredEnergy(powercap=str(powercap), watts_by_device=WATTS, price_per_kwh=0.3, currency="EUR")


def test_the_heuristic_is_watts_times_seconds() -> None:
    assert heuristic(WATTS, "CPU", 10.0) == Energy(280.0, "heuristic", None, 10.0)
    assert heuristic(WATTS, "GPU", 2.0).joules == 150.0


def test_a_device_without_watts_or_without_a_name_is_null() -> None:
    assert heuristic(WATTS, "NPU", 10.0) == Energy(None, None, "energy.watts_by_device has no NPU", 10.0)
    assert heuristic(WATTS, None, 10.0).reason == NO_DEVICE


def test_watts_of_a_busy_device_count_for_busy_time_alone() -> None:
    assert while_busy(Energy(280.0, "heuristic", window_s=10.0), busy_s=2.5).joules == 70.0
    assert while_busy(Energy(280.0, "heuristic", window_s=10.0), busy_s=11.0).joules == 280.0
    assert while_busy(Energy(280.0, "rapl", window_s=10.0), busy_s=2.5).joules == 280.0


def test_the_sums_that_cost_is_made_of() -> None:
    metrics, missing = energy_metrics(Energy(7_200.0, "rapl"), requests=50, tokens=4_000, price_per_kwh=0.5)
    assert metrics == pytest.approx({
        "energy_j": 7_200.0,
        "energy_j_per_token": 1.8,
        "energy_j_per_request": 144.0,
        "cost_per_1k_requests": 0.02,  # 7.2 kJ are 0.002 kWh, 0.001 EUR for 50 requests
        "cost_per_million_tokens": 0.25,  # 1.8 J a token are 0.5 kWh a million
    })  # fmt: skip
    assert missing == {}


def test_cost_per_token_times_tokens_is_cost_per_request_times_requests() -> None:
    metrics, _ = energy_metrics(Energy(123.4, "nvml"), requests=7, tokens=321, price_per_kwh=0.31)
    per_request, per_token = metrics["cost_per_1k_requests"], metrics["cost_per_million_tokens"]
    assert per_request is not None
    assert per_token is not None
    assert per_request / 1e3 * 7 == pytest.approx(per_token / 1e6 * 321)


def test_without_joules_everything_is_null_with_that_reason() -> None:
    metrics, missing = energy_metrics(Energy(None, reason="no meter for QPU"), 5, 5, 0.3)
    assert metrics == dict.fromkeys(METRICS)
    assert missing == dict.fromkeys(METRICS, "no meter for QPU")


def test_without_requests_or_tokens_there_is_no_share() -> None:
    metrics, missing = energy_metrics(Energy(9.0, "rapl"), requests=0, tokens=0, price_per_kwh=0.3)
    assert metrics["energy_j"] == 9.0
    assert missing == {
        "energy_j_per_token": "no token was generated",
        "energy_j_per_request": "no request succeeded",
        "cost_per_1k_requests": "no request succeeded",
        "cost_per_million_tokens": "no token was generated",
    }
    assert energy_metrics(Energy(9.0, "rapl"), 3, None, 0.3)[1] == dict.fromkeys(
        ("energy_j_per_token", "cost_per_million_tokens"), "an answer has no token count"
    )


@rapl_files
def test_a_cpu_is_read_from_rapl(tmp_path: Path) -> None:
    counter = domain(tmp_path, "intel-rapl:0", "package-0", 100_000)
    meter = measured(tmp_path)
    meter.start("CPU", ME)
    counter.write_text("600000\n", encoding="ascii")
    energy = meter.stop()
    assert (energy.joules, energy.source, energy.reason) == (0.5, "rapl", None)


def test_an_nvidia_gpu_is_read_from_nvml(nvml: Nvml, tmp_path: Path) -> None:
    nvml({"compute": {ME: 1}, "energy_mj": [1_000, 3_000]})
    meter = measured(tmp_path)
    meter.start("GPU", ME)
    energy = meter.stop()
    assert (energy.joules, energy.source) == (2.0, "nvml")


def test_without_a_meter_it_is_the_heuristic_and_says_why(tmp_path: Path) -> None:
    meter = measured(tmp_path)
    meter.start("CPU", ME)
    energy = meter.stop()
    assert energy.source == "heuristic"
    assert energy.window_s is not None
    assert energy.joules == WATTS["CPU"] * energy.window_s
    assert "no RAPL here" in str(energy.reason)


@rapl_files
def test_a_meter_that_fails_at_the_end_is_the_heuristic_and_says_why(tmp_path: Path) -> None:
    domain(tmp_path, "intel-rapl:0", "package-0", 100_000)
    meter = measured(tmp_path)
    meter.start("CPU", ME)
    energy = meter.stop()
    assert energy.source == "heuristic"
    assert "no counter moved" in str(energy.reason)


def test_a_device_with_neither_meter_nor_watts_gives_both_reasons(tmp_path: Path) -> None:
    meter = measured(tmp_path)
    meter.start("NPU", ME)
    assert meter.stop().reason == "no meter for NPU; energy.watts_by_device has no NPU"


@pytest.mark.parametrize(("option", "kind"), [("heuristic", HeuristicEnergy), ("measured", MeasuredEnergy)])
def test_the_shipped_options_build_a_meter(option: str, kind: type[EnergyMeter]) -> None:
    every_job, _ = compose.jobs([f"energy={option}"], multirun=False)
    section = compose.plain(every_job[0].config)["energy"]
    target.check(section, "energy")
    assert isinstance(target.build(section, "energy"), kind)
    assert (section["price_per_kwh"], section["currency"]) == (0.30, "EUR")
