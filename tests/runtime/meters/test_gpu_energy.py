"""Energy through NVML: the board's counter, or its power over time."""

import itertools
import os

import pytest

from foundry_exp.runtime.meters.gpu_energy import NvmlEnergy, trapezoid_j
from foundry_exp.runtime.meters.meter import UnavailableError
from tests.runtime.meters.conftest import Nvml

ME = os.getpid()


def test_the_counter_of_the_gpu_that_runs_the_process(nvml: Nvml) -> None:
    library = nvml({"compute": {ME: 1}, "energy_mj": [1_000, 5_500]}, {"compute": {1: 1}, "energy_mj": [0, 999_999]})
    meter = NvmlEnergy(ME)
    meter.start()
    assert meter.stop() == pytest.approx(4.5)
    assert library.OPEN == 0


def test_all_gpus_when_the_driver_does_not_tell_which(nvml: Nvml) -> None:
    nvml({"energy_mj": [1_000, 2_000]}, {"energy_mj": [10_000, 12_500]})
    meter = NvmlEnergy(ME)
    meter.start()
    assert meter.stop() == pytest.approx(1.0 + 2.5)


def test_without_a_counter_power_is_integrated(nvml: Nvml) -> None:
    seconds = itertools.count(0.0, 2.0)
    nvml({"power_mw": [50_000]})
    meter = NvmlEnergy(ME, clock=lambda: next(seconds))
    meter.start()
    assert meter.stop() % 100.0 == 0  # 50 W, looked at every 2 s of that clock: 100 J an interval, and at least one


@pytest.mark.parametrize(
    ("samples", "joules"),
    [([(0, 10.0), (2, 20.0), (3, 20.0)], 2 * 15.0 + 20.0), ([(5, 100.0), (5, 100.0)], 0.0), ([(1, 7.0)], 0.0)],
)
def test_the_area_under_power(samples: list[tuple[float, float]], joules: float) -> None:
    assert trapezoid_j(samples) == joules


def test_a_board_that_tells_neither_is_unavailable_and_the_library_given_back(nvml: Nvml) -> None:
    library = nvml({})
    with pytest.raises(UnavailableError, match="NVML failed: Not Supported"):
        NvmlEnergy(ME).start()
    assert library.OPEN == 0


def test_a_counter_that_stood_still_is_not_zero_joules(nvml: Nvml) -> None:
    nvml({"energy_mj": [1_000]})
    meter = NvmlEnergy(ME)
    meter.start()
    with pytest.raises(UnavailableError, match="no counter moved"):
        meter.stop()


def test_a_driver_that_stops_answering_leaves_no_figure(nvml: Nvml) -> None:
    library = nvml({"energy_mj": [1_000, 9_000]})
    meter = NvmlEnergy(ME)
    meter.start()
    library.GPUS[0].clear()
    with pytest.raises(UnavailableError, match="gave no energy"):
        meter.stop()
