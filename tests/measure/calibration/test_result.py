"""The arithmetic of a calibration is exact on made-up times."""

import pytest

from foundry_exp.errors import BackendError
from foundry_exp.measure.calibration.raw_socket import Timing
from foundry_exp.measure.calibration.result import figures, spread, timing_of
from foundry_exp.measure.calibration.timed_server import Truth
from foundry_exp.records.record import Record, RequestError

MS = 1_000_000


def truth(marker: str, *sent_ms: float) -> Truth:
    sent_ns = [round(sent * MS) for sent in sent_ms]
    return Truth(marker, received_ns=0, sent_ns=sent_ns)


def timing(*seen_ms: float, start_ms: float = 0, due_ms: float | None = None) -> Timing:
    due_ns = None if due_ms is None else round(due_ms * MS)
    return Timing(round(start_ms * MS), tuple(round(seen * MS) for seen in seen_ms), due_ns)


def record(error: RequestError | None = None) -> Record:
    return Record(
        sample_id="tool 0.1", prompt_digest="", round=0, phase="measure", attempt=0, streaming=True, t_start_ns=5,
        event_ns=(7, 8, 9, 10), event_kinds=("role", "text", "text", "end"), t_end_ns=10, text="", reasoning="",
        usage=None, token_source=None, first_event_tokens=None, finish_reason=None, output_hash="", error=error,
        t_scheduled_ns=3,
    )  # fmt: skip


def test_bias_is_the_difference_of_two_durations() -> None:
    # the client's clock runs 1000 ms ahead and its request started 0.2 ms before the server had it
    seen = {"a": timing(1100.5, 1110.4, 1120.9, start_ms=999.8)}
    client = figures(seen, {"a": truth("a", 100, 110, 120)}, cpu_s=0.2)
    assert client.ttft_bias.mean_ms == pytest.approx(0.7)
    assert client.e2e_bias.mean_ms == pytest.approx(1.1)
    assert (client.gap_error.n, client.gap_bias.n) == (2, 2)
    assert client.gap_error.p50_ms == pytest.approx(0.3)
    assert client.gap_bias.mean_ms == pytest.approx(0.2)
    assert client.start_delay is None


def test_cpu_is_shared_among_the_requests() -> None:
    seen = {"a": timing(1, 2), "b": timing(1, 2)}
    assert figures(seen, {"a": truth("a", 1, 2), "b": truth("b", 1, 2)}, cpu_s=0.3).cpu_s_per_request == 0.15


def test_lateness_on_a_schedule_is_no_part_of_the_bias() -> None:
    seen = {"a": timing(103, 113, start_ms=2.5, due_ms=0)}
    client = figures(seen, {"a": truth("a", 100, 110)}, cpu_s=0.1)
    assert client.ttft_bias.mean_ms == pytest.approx(0.5)
    assert client.start_delay is not None
    assert client.start_delay.mean_ms == pytest.approx(2.5)


def test_a_record_gives_its_content_events_alone() -> None:
    assert timing_of(record()) == Timing(5, (8, 9), 3)


def test_a_request_that_failed_is_no_calibration() -> None:
    with pytest.raises(BackendError, match=r"tool 0\.1 failed \(gone\)"):
        timing_of(record(RequestError("reset", "gone")))


def test_a_lost_event_is_a_bug_not_a_bias() -> None:
    with pytest.raises(BackendError, match="1 events, but 2 were sent"):
        figures({"a": timing(1)}, {"a": truth("a", 1, 2)}, cpu_s=0.1)


def test_percentiles_are_linear() -> None:
    spreads = spread([1 * MS, 2 * MS, 3 * MS, 4 * MS])
    assert (spreads.n, spreads.mean_ms, spreads.p50_ms) == (4, 2.5, 2.5)
    assert spreads.p99_ms == pytest.approx(3.97)
