"""A short calibration against the real timed server has every part."""

import json
import math
import platform
import sys
import time
from dataclasses import asdict

import pytest

from foundry_exp.measure.calibration import calibrate, shapes
from foundry_exp.measure.calibration.result import CalibrationResult
from foundry_exp.measure.calibration.timed_server import Pace


@pytest.fixture(scope="module")
def result() -> CalibrationResult:
    timing = Pace(ttft_ms=20, gap_ms=2, tokens=4, work_rounds=100)
    return calibrate.calibrate(requests=3, observer_rounds=1, timing=timing, clock=time.perf_counter_ns)


@pytest.mark.real
def test_every_load_shape_has_both_clients(result: CalibrationResult) -> None:
    assert [(shape.name, shape.concurrency, shape.arrivals) for shape in result.shapes] == [
        ("one at a time", 1, None), ("4 at once", 4, None), ("constant rate", None, "constant"),
        ("Poisson rate", None, "poisson"),
    ]  # fmt: skip
    for shape in result.shapes:
        for figures in (shape.tool, shape.bare_socket):
            assert (figures.ttft_bias.n, figures.e2e_bias.n, figures.gap_error.n) == (3, 3, 9)
            assert figures.cpu_s_per_request > 0
            assert (figures.start_delay is not None) == (shape.rate_per_s is not None)


@pytest.mark.real
def test_what_stamped_each_request_is_said(result: CalibrationResult) -> None:
    by = "kernel" if sys.platform == "linux" and platform.machine() in ("x86_64", "aarch64") else "clock"
    for shape in result.shapes:
        assert shape.tool.stamped_by == {by: 3}
        assert shape.bare_socket.stamped_by is None


@pytest.mark.real
def test_the_overhead_is_that_of_one_at_a_time(result: CalibrationResult) -> None:
    assert result.client_overhead_ms == result.shapes[0].tool.ttft_bias.mean_ms
    assert math.isfinite(result.observer.slowdown_percent)


@pytest.mark.real
def test_the_machine_and_the_date_are_said(result: CalibrationResult) -> None:
    assert result.machine["python"] == platform.python_version()
    assert result.started_at.endswith("+00:00")


@pytest.mark.real
def test_a_result_is_plain_json(result: CalibrationResult) -> None:
    assert json.loads(json.dumps(asdict(result), allow_nan=False))["tokens"] == result.tokens


def test_rates_keep_two_requests_under_way() -> None:
    assert shapes.load_shapes(0.5)["Poisson rate"].rate_per_s == 4
