"""The arithmetic of a calibration is exact on made-up times; a short real one has every part."""

import json
import math
import time
from dataclasses import asdict

import pytest

from foundry_exp.calibration import calibrate
from foundry_exp.calibration.answers import Truth
from foundry_exp.calibration.result import CalibrationResult, spread
from foundry_exp.calibration.socket_client import Timing
from foundry_exp.errors import BackendError

MS = 1_000_000


def truth(marker: str, *sent_ms: float) -> Truth:
    sent_ns = [round(sent * MS) for sent in sent_ms]
    return Truth(marker, received_ns=0, connection=0, place=1, headers={}, body="", sent_ns=sent_ns)


def timing(*seen_ms: float, start_ms: float = 0) -> Timing:
    return Timing(round(start_ms * MS), tuple(round(seen * MS) for seen in seen_ms))


def test_bias_is_the_difference_of_two_durations() -> None:
    # the client's clock runs 1000 ms ahead and its request started 0.2 ms before the server had it
    seen = {"a": timing(1100.5, 1110.4, 1120.9, start_ms=999.8)}
    figures = calibrate._figures(seen, [0.2], {"a": truth("a", 100, 110, 120)})
    assert figures.ttft_bias.mean_ms == pytest.approx(0.7)
    assert figures.e2e_bias.mean_ms == pytest.approx(1.1)
    assert figures.gap_error.n == 2
    assert figures.gap_error.p50_ms == pytest.approx(0.3)
    assert figures.cpu_s_per_request == pytest.approx(0.2)


def test_a_lost_event_stops_the_calibration() -> None:
    with pytest.raises(BackendError, match="a has 1 events, but 2 were sent"):
        calibrate._figures({"a": timing(100)}, [0.0], {"a": truth("a", 100, 110)})


def test_a_spread_is_numpys_linear_one() -> None:
    found = spread([1 * MS, 2 * MS, 3 * MS, 4 * MS])
    assert (found.n, found.mean_ms, found.p50_ms) == (4, 2.5, 2.5)
    assert found.p99_ms == pytest.approx(3.97)


@pytest.fixture(scope="module")
def result() -> CalibrationResult:
    return calibrate.calibrate(
        requests=3, observer_rounds=1, clock=time.perf_counter_ns, concurrencies=(1, 2), ttft_ms=20, gap_ms=2, tokens=4,
        work_rounds=100,
    )  # fmt: skip


def test_every_load_shape_has_both_clients(result: CalibrationResult) -> None:
    assert [shape.concurrency for shape in result.shapes] == [1, 2]
    for shape in result.shapes:
        for figures in (shape.tool, shape.bare_socket):
            assert (figures.ttft_bias.n, figures.e2e_bias.n, figures.gap_error.n) == (3, 3, 9)
            assert figures.cpu_s_per_request > 0


def test_the_overhead_is_that_of_one_at_a_time(result: CalibrationResult) -> None:
    assert result.client_overhead_ms == result.shapes[0].tool.ttft_bias.mean_ms
    assert math.isfinite(result.observer.slowdown_percent)


def test_a_result_is_plain_json(result: CalibrationResult) -> None:
    assert json.loads(json.dumps(asdict(result), allow_nan=False))["cpu_count"] == result.cpu_count
