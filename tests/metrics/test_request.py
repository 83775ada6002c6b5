"""The metrics of one request, worked out by hand."""

from dataclasses import astuple, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundry_exp.metrics.request import RequestMetrics, cold_ttft_ms, measured, request_metrics
from tests.record_factory import make_record

NOTHING = RequestMetrics()


def values(metrics: RequestMetrics) -> tuple[object, ...]:
    """Every metric, without token count and flags."""
    return astuple(metrics)[:9]


def test_every_metric_of_a_streamed_answer() -> None:
    found = request_metrics(make_record(content_ms=(100, 110, 125, 130), prompt_tokens=20))
    assert found == RequestMetrics(
        ttft_ms=100.0,
        ttfo_ms=100.0,
        e2e_ms=130.0,
        tpot_ms=10.0,  # 30 ms / (4 - 1) tokens
        gaps_ms=(10.0, 15.0, 5.0),
        decode_tok_per_s=100.0,
        output_tok_per_s=4000 / 130,
        prefill_tok_per_s=200.0,  # 20 / 0.1 s
        tokens_per_event=1.0,
        tokens=4,
    )


def test_ttft_counts_reasoning_and_ttfo_does_not() -> None:
    found = request_metrics(make_record(content_ms=(50, 60, 90), kinds=["reasoning", "reasoning", "text"]))
    assert (found.ttft_ms, found.ttfo_ms, found.e2e_ms) == (50.0, 90.0, 90.0)


def test_answer_of_reasoning_alone_has_no_ttfo() -> None:
    found = request_metrics(make_record(kinds=["reasoning"] * 4, text="", reasoning="hm"))
    assert (found.ttft_ms, found.ttfo_ms) == (100.0, None)


def test_peer_defect_role_event_is_not_the_first_token() -> None:
    found = request_metrics(make_record(content_ms=(100, 110), role_ms=1.5, prompt_tokens=63))
    assert found.ttft_ms == 100.0
    assert found.prefill_tok_per_s == pytest.approx(630.0)
    assert found.tokens_per_event == 1.0


def test_end_event_with_usage_is_not_part_of_the_latency() -> None:
    found = request_metrics(make_record(content_ms=(100, 110), end_ms=400))
    assert (found.e2e_ms, found.gaps_ms) == (110.0, (10.0,))


@pytest.mark.parametrize("first_event_tokens", [None, 4])
def test_peer_defect_coalesced_events_of_four_tokens_give_the_true_rate(first_event_tokens: int | None) -> None:
    # 32 tokens at a true 10 ms each, sent four at a time: 28 tokens in 7 gaps of 40 ms.
    events = [100.0 + 40 * place for place in range(8)]
    found = request_metrics(make_record(content_ms=events, tokens=32, first_event_tokens=first_event_tokens))
    assert (found.tpot_ms, found.decode_tok_per_s, found.tokens_per_event) == (10.0, 100.0, 4.0)
    assert found.gaps_ms == (40.0,) * 7


def test_backends_own_count_of_the_first_event_wins() -> None:
    found = request_metrics(make_record(content_ms=(100, 200), tokens=12, first_event_tokens=2))
    assert found.tpot_ms == 10.0


def test_last_event_with_fewer_tokens_does_not_change_the_count_of_the_first() -> None:
    # 8 events of 4 tokens, the last of 2: N = 30 and n1 = round(30 / 8) = 4.
    found = request_metrics(make_record(content_ms=[100.0 + 40 * place for place in range(8)], tokens=30))
    assert found.tpot_ms == pytest.approx(280 / 26)


def test_peer_defect_tpot_does_not_include_ttft() -> None:
    slow_start = request_metrics(make_record(content_ms=(5000, 5010, 5020)))
    assert slow_start.tpot_ms == 10.0


def test_peer_defect_a_failed_request_has_no_metric() -> None:
    found = request_metrics(make_record(error="stream_error"))
    assert found == RequestMetrics(void="stream_error")
    assert values(found) == values(NOTHING)


def test_peer_defect_ttft_without_streaming_is_null_not_zero() -> None:
    found = request_metrics(make_record(content_ms=(500,), streaming=False, tokens=50))
    assert found == RequestMetrics(e2e_ms=500.0, output_tok_per_s=100.0, tokens=50)


def test_without_streaming_a_response_that_no_event_stamps_ends_the_request() -> None:
    record = replace(make_record(content_ms=(), streaming=False, text="four", tokens=1, over_ms=250))
    assert request_metrics(record).e2e_ms == 250.0


def test_peer_defect_usage_without_events_is_no_speed() -> None:
    found = request_metrics(make_record(content_ms=(), tokens=50, text="", end_ms=80))
    assert found == RequestMetrics(void="empty answer")


def test_empty_answer_without_streaming_has_no_latency() -> None:
    assert request_metrics(make_record(content_ms=(), tokens=0, text="", streaming=False, over_ms=3)).e2e_ms is None


def test_zero_tokens_with_an_answer_are_no_count() -> None:
    found = request_metrics(make_record(tokens=0))
    assert (found.tokens, found.tpot_ms, found.output_tok_per_s, found.tokens_per_event) == (None,) * 4
    assert found.ttft_ms == 100.0


def test_missing_usage_leaves_times_and_no_rate() -> None:
    found = request_metrics(make_record(tokens=None))
    assert (found.ttft_ms, found.e2e_ms) == (100.0, 130.0)
    assert (found.tpot_ms, found.decode_tok_per_s, found.prefill_tok_per_s, found.estimated) == (
        None,
        None,
        None,
        False,
    )


@pytest.mark.parametrize("source", ["tokenizer", "events"])
def test_tokens_of_another_source_are_marked_estimated(source: str) -> None:
    record = replace(make_record(), token_source=source)  # type: ignore[arg-type]  # parametrize loses the literal
    assert request_metrics(record).estimated
    assert request_metrics(record).tpot_ms == 10.0


def test_single_event_has_no_decode_rate() -> None:
    found = request_metrics(make_record(content_ms=(100,), tokens=5))
    assert (found.tpot_ms, found.decode_tok_per_s, found.gaps_ms) == (None, None, ())
    assert found.output_tok_per_s == 50.0


def test_events_that_arrive_at_once_have_no_decode_rate() -> None:
    found = request_metrics(make_record(content_ms=(100, 100, 100)))
    assert (found.tpot_ms, found.decode_tok_per_s) == (None, None)


@pytest.mark.parametrize("first_event_tokens", [4, 5])
def test_first_event_with_every_token_has_no_decode_rate(first_event_tokens: int) -> None:
    found = request_metrics(make_record(content_ms=(100, 110), tokens=4, first_event_tokens=first_event_tokens))
    assert (found.tpot_ms, found.decode_tok_per_s) == (None, None)


@pytest.mark.parametrize("content_ms", [(-5.0, 10.0), (100.0, 90.0)])
def test_stamps_that_run_backwards_are_not_timed(content_ms: tuple[float, float]) -> None:
    found = request_metrics(make_record(content_ms=content_ms))
    assert values(found) == values(NOTHING)
    assert found.void is not None


def test_cached_prompt_is_marked() -> None:
    assert request_metrics(make_record(cached_tokens=16)).cached
    assert not request_metrics(make_record(cached_tokens=0)).cached


def test_only_measured_records_count_in_the_order_of_attempts_and_starts() -> None:
    records = [
        make_record("later", start_ms=900),
        make_record("second attempt", attempt=2, start_ms=5),
        make_record("warm", phase="warmup"),
        make_record("sooner", start_ms=100),
    ]
    assert [one.record.sample_id for one in measured(records)] == ["sooner", "later", "second attempt"]


def test_cold_ttft_is_the_first_warmup_of_the_first_attempt() -> None:
    warmups = [make_record(content_ms=(ttft,), phase="warmup", start_ms=ttft) for ttft in (900, 950)]
    assert cold_ttft_ms([*warmups, make_record(start_ms=5000)]) == 900.0


def test_cold_ttft_is_null_when_the_first_request_failed_or_was_measured() -> None:
    assert cold_ttft_ms([]) is None
    assert cold_ttft_ms([make_record()]) is None
    failed = make_record(phase="warmup", error="timeout")
    assert cold_ttft_ms([failed, make_record(phase="warmup", start_ms=100)]) is None


gaps = st.lists(st.integers(1, 500), min_size=1, max_size=40)


@pytest.mark.slow
@given(st.integers(1, 5000), gaps, st.integers(1, 200))
def test_times_are_ordered_and_gaps_sum_to_the_decode_time(first: int, steps: list[int], tokens: int) -> None:
    events = [float(first + sum(steps[:count])) for count in range(len(steps) + 1)]
    found = request_metrics(make_record(content_ms=events, tokens=tokens))
    assert found.ttft_ms is not None
    assert found.e2e_ms is not None
    assert found.gaps_ms is not None
    assert 0 <= found.ttft_ms <= found.e2e_ms
    assert sum(found.gaps_ms) == pytest.approx(found.e2e_ms - found.ttft_ms)
    assert (found.tpot_ms is None) == (found.decode_tok_per_s is None)
    if found.tpot_ms is not None and found.decode_tok_per_s is not None:
        assert found.tpot_ms * found.decode_tok_per_s == pytest.approx(1000)


@given(gaps, st.integers(0, 10**9))
def test_shifting_time_changes_nothing(steps: list[int], shift: int) -> None:
    events = [float(sum(steps[: count + 1])) for count in range(len(steps))]
    assert request_metrics(make_record(content_ms=events, start_ms=shift)) == request_metrics(
        make_record(content_ms=events)
    )


@pytest.mark.slow
@given(gaps, st.integers(2, 9))
def test_scaling_time_scales_metrics(steps: list[int], factor: int) -> None:
    events = [float(sum(steps[: count + 1])) for count in range(len(steps))]
    plain = request_metrics(make_record(content_ms=events, tokens=60))
    slower = request_metrics(make_record(content_ms=[factor * at for at in events], tokens=60))
    for name in ("ttft_ms", "ttfo_ms", "e2e_ms", "tpot_ms"):
        before, after = getattr(plain, name), getattr(slower, name)
        assert after == (None if before is None else pytest.approx(factor * before))
    for name in ("decode_tok_per_s", "output_tok_per_s", "prefill_tok_per_s"):
        before, after = getattr(plain, name), getattr(slower, name)
        assert after == (None if before is None else pytest.approx(before / factor))
