"""The metrics of a cell, worked out by hand."""

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundry_exp.errors import ConfigError
from foundry_exp.metrics.summary import summarise
from foundry_exp.records.record import Record
from tests.metrics.cells import WARM, distribution, in_turn, warning
from tests.record_factory import make_record

NAMES = {
    "requests", "retries", "error_rate", "throughput_tok_per_s", "goodput_req_per_s", "slo_attainment",
    "schedule_delay_ms", "wait_ms",
    "determinism_rate", "estimated_rate", "truncated_rate", "empty_rate", "degenerate_rate", "ttft_ms", "ttfo_ms",
    "e2e_ms", "tpot_ms", "event_gap_ms", "tokens_per_event", "decode_tok_per_s", "output_tok_per_s",
    "prefill_tok_per_s", "ttft_cold_cache_ms", "ttft_warm_cache_ms", "cold_ttft_ms", "typical_answer_ms",
}  # fmt: skip


def test_names_are_always_the_same_and_every_null_has_a_reason() -> None:
    for records in ([], in_turn(), in_turn(error="timeout"), in_turn(streaming=False), in_turn(tokens=None)):
        found = summarise(records)
        assert set(found.metrics) == NAMES
        assert set(found.missing) == {name for name, value in found.metrics.items() if value is None}


def test_a_steady_cell() -> None:
    found = summarise([WARM, *in_turn()], expected_tokens=50, cold_ttft_ms=9000.0)
    assert distribution(found, "ttft_ms").mean == 100.0
    assert distribution(found, "tpot_ms").p50 == 10.0
    assert distribution(found, "event_gap_ms").n == 12
    assert found.metrics["requests"] == 4
    assert found.metrics["error_rate"] == 0.0
    assert found.metrics["throughput_tok_per_s"] == pytest.approx(16 / 0.730)  # 3 * 200 + 130 ms
    assert found.metrics["typical_answer_ms"] == pytest.approx(100 + 50 * 10)
    assert found.metrics["determinism_rate"] == 1.0
    assert found.metrics["cold_ttft_ms"] == 9000.0
    assert found.intervals["error_rate"].low == 0.0
    assert set(found.missing) == {
        "goodput_req_per_s",
        "slo_attainment",
        "schedule_delay_ms",
        "wait_ms",
        "ttft_cold_cache_ms",
        "ttft_warm_cache_ms",
    }
    warning(found, "too small for an interval of p50 (needs 6), p90 (needs 36), p95 (needs 72), p99 (needs 368)")
    warning(found, "event_gap_ms: 4 requests are too few")
    assert len(found.warnings) == 2


def test_warmup_never_mixes_in() -> None:
    plain, warmed = summarise(in_turn()), summarise([WARM, *in_turn(), replace(WARM, t_start_ns=10**12)])
    assert plain.metrics == warmed.metrics
    assert plain.per_prompt == warmed.per_prompt


def test_peer_defect_missing_values_are_null_with_a_reason_not_zero() -> None:
    found = summarise(in_turn(streaming=False, content_ms=(500,), tokens=50))
    for name in ("ttft_ms", "ttfo_ms", "tpot_ms", "event_gap_ms", "decode_tok_per_s", "prefill_tok_per_s"):
        assert found.metrics[name] is None
        assert found.missing[name] == "needs streaming (streaming=on)"
    assert distribution(found, "e2e_ms").mean == 500.0
    assert found.missing["typical_answer_ms"] == "needs streaming (streaming=on); compare e2e_ms"


def test_peer_defect_errors_do_not_dilute_latencies() -> None:
    failed = make_record(content_ms=(5,), error="stream_error", start_ms=800, over_ms=10)
    found = summarise([WARM, *in_turn(), failed])
    assert (distribution(found, "e2e_ms").n, distribution(found, "e2e_ms").mean) == (4, 130.0)
    assert distribution(found, "e2e_ms").missing == 0
    assert found.metrics["error_rate"] == pytest.approx(0.2)
    assert warning(found, "failed") == "1 of 5 requests failed (1 stream_error); no latency includes them."


def test_peer_defect_an_error_inside_a_200_stream_is_a_failure_not_a_short_answer() -> None:
    cut = [make_record(round_=place, content_ms=(100, 110), error="stream_error") for place in range(5)]
    found = summarise([*in_turn(15), *cut])
    assert found.metrics["error_rate"] == pytest.approx(0.25)
    assert (distribution(found, "e2e_ms").n, distribution(found, "e2e_ms").min) == (15, 130.0)


def test_all_failed_is_an_error_rate_and_nothing_else() -> None:
    found = summarise(in_turn(error="timeout"), slos={"ttft_ms": 500})
    assert found.metrics["error_rate"] == 1.0
    assert found.metrics["e2e_ms"] is None
    assert found.missing["e2e_ms"] == "no measured request succeeded"
    assert (found.metrics["slo_attainment"], found.metrics["goodput_req_per_s"]) == (0.0, 0.0)
    assert found.metrics["throughput_tok_per_s"] is None


def test_nothing_measured_is_all_null() -> None:
    found = summarise([WARM])
    assert found.metrics["requests"] == 0
    assert {name for name, value in found.metrics.items() if value is not None} == {"requests", "retries"}
    assert found.missing["error_rate"] == found.missing["ttft_ms"] == "no request was measured"


def test_peer_defect_coalesced_events_in_a_cell() -> None:
    events = [100.0 + 40 * place for place in range(8)]
    found = summarise(in_turn(content_ms=events, tokens=32))
    assert distribution(found, "decode_tok_per_s").mean == 100.0
    assert distribution(found, "tpot_ms").mean == 10.0
    assert distribution(found, "event_gap_ms").p50 == 40.0
    assert distribution(found, "tokens_per_event").p50 == 4.0
    warning(found, "content events carry 4 tokens in the median")


def test_peer_defect_a_stall_shows_in_the_gap_tail() -> None:
    stalled = make_record(content_ms=(100, 110, 610, 620), start_ms=5000)
    found = summarise([*in_turn(), stalled])
    assert distribution(found, "event_gap_ms").max == 500.0
    assert distribution(found, "tpot_ms").max == pytest.approx(520 / 3)


def test_trailing_timeout_costs_throughput_like_one_in_the_middle() -> None:
    failed = make_record(content_ms=(), error="timeout", start_ms=800, over_ms=30_000)
    found = summarise([*in_turn(), failed])
    assert found.metrics["throughput_tok_per_s"] == pytest.approx(16 / 30.8)


def test_time_between_attempts_is_not_measured_time() -> None:
    # The second attempt's clock starts anew, long before the first one's.
    second = [make_record(attempt=2, round_=9, start_ms=-(10**6)), WARM, replace(WARM, attempt=2)]
    found = summarise([*in_turn(), *second])
    assert found.metrics["throughput_tok_per_s"] == pytest.approx(20 / (0.730 + 0.130))


def refused_first(place: int, pause_ms: float, **fields: Any) -> Record:
    """A request that was first tried so long before the try that answered."""
    record = make_record(round_=place, retries=1, **fields)
    return replace(record, t_scheduled_ns=record.t_start_ns - round(pause_ms * 1e6))


def test_the_pause_before_a_retried_request_is_in_no_latency_and_no_rate() -> None:
    quick, slow = in_turn(), [refused_first(4, 2000, start_ms=2800)]
    found = summarise([*quick, *slow], slos={"ttft_ms": 100})
    assert distribution(found, "ttft_ms").max == 100
    assert distribution(found, "e2e_ms").max == 130
    assert distribution(found, "prefill_tok_per_s").min == pytest.approx(200)
    assert (distribution(found, "wait_ms").n, distribution(found, "wait_ms").p50) == (1, 2000)
    assert found.metrics["throughput_tok_per_s"] == pytest.approx(20 / 0.930)  # 4 * 200 + 130 ms
    assert found.metrics["goodput_req_per_s"] == pytest.approx(5 / 0.930)
    assert summarise(quick).missing["wait_ms"] == "no request was tried again"


def test_a_request_that_is_answered_while_another_one_waits_counts_with_the_rest_of_its_time() -> None:
    answered = make_record(content_ms=(100.0, 1000.0), tokens=100, start_ms=0)
    waited = refused_first(1, 500, content_ms=(100.0, 1000.0), tokens=100, start_ms=1000)
    found = summarise([answered, waited])
    assert found.metrics["throughput_tok_per_s"] == pytest.approx((50 + 100) / 1.5)


def test_throughput_is_null_when_an_answer_has_no_token_count() -> None:
    found = summarise([*in_turn(3), make_record(tokens=None, start_ms=700)])
    assert found.metrics["throughput_tok_per_s"] is None
    assert found.missing["throughput_tok_per_s"] == "1 of 4 answers have no token count"
    assert distribution(found, "tpot_ms").missing == 1
    warning(found, "1 of 4 answers have no token count")


def test_goodput_counts_failures_and_empty_answers_against() -> None:
    records = [
        *in_turn(2),
        make_record(content_ms=(700, 710), start_ms=400),  # too late
        make_record(error="timeout", start_ms=1200, over_ms=100),
        make_record(content_ms=(), tokens=0, text="", start_ms=1400, over_ms=600),
    ]
    found = summarise(records, slos={"ttft_ms": 500, "tpot_ms": 50})
    assert found.metrics["slo_attainment"] == pytest.approx(2 / 5)
    assert found.metrics["goodput_req_per_s"] == pytest.approx(2 / 2.0)
    assert (found.intervals["slo_attainment"].low, found.intervals["slo_attainment"].high) == pytest.approx(
        (0.117621, 0.769276), abs=1e-6
    )


def test_goodput_counts_reasoning_without_an_answer_against() -> None:
    thinking = make_record(kinds=["reasoning"] * 4, text="", reasoning="hm, well", start_ms=400)
    found = summarise([*in_turn(2), thinking], slos={"ttft_ms": 500})
    assert found.metrics["slo_attainment"] == pytest.approx(2 / 3)
    warning(found, "1 of 3 answers are empty or reasoning alone: goodput counts them as failed")


def test_request_without_an_slos_metric_is_left_out_and_said() -> None:
    found = summarise([*in_turn(2), make_record(content_ms=(100,), tokens=1, start_ms=400)], slos={"tpot_ms": 50})
    assert found.metrics["slo_attainment"] == 1.0
    warning(found, "1 of 3 requests lack a metric of an SLO")


def test_rate_slo_is_a_lower_limit() -> None:
    assert summarise(in_turn(), slos={"decode_tok_per_s": 100.0}).metrics["slo_attainment"] == 1.0
    assert summarise(in_turn(), slos={"decode_tok_per_s": 100.1}).metrics["slo_attainment"] == 0.0


def test_unknown_slo_names_the_choices() -> None:
    with pytest.raises(ConfigError, match="slo: unknown metric 'ttft'; did you mean ttft_ms"):
        summarise(in_turn(), slos={"ttft": 1.0})


def test_slo_that_cannot_be_judged_gives_null_goodput() -> None:
    found = summarise(in_turn(streaming=False), slos={"ttft_ms": 1.0})
    assert found.metrics["goodput_req_per_s"] is None
    assert found.missing["goodput_req_per_s"] == "no request has a value for every SLO's metric"


def test_determinism_is_over_prompts_with_two_successful_rounds() -> None:
    records = [
        *[make_record("same", round_=place) for place in range(2)],
        *[make_record("different", round_=place, text=f"answer {place}") for place in range(2)],
        make_record("once"),
        make_record("failed once"),
        make_record("failed once", round_=1, error="timeout", text="x"),
    ]
    found = summarise(records)
    assert found.metrics["determinism_rate"] == 0.5
    assert "different" in warning(found, "1 of 2 prompts were answered differently")
    assert found.per_prompt["different"]["outputs"] == 2


def test_determinism_is_null_without_a_second_round_or_greedy_decoding() -> None:
    assert summarise([make_record()]).missing["determinism_rate"] == "no prompt has two successful rounds to compare"
    assert summarise(in_turn(), greedy=False).missing["determinism_rate"].startswith("decoding is not greedy")


def test_each_prompt_has_its_own_distributions() -> None:
    found = summarise([*in_turn(2), make_record("other", (300, 310)), make_record("broken", error="timeout")])
    assert found.per_prompt["p1"]["ttft_ms"].mean == 100.0
    assert found.per_prompt["other"]["ttft_ms"].mean == 300.0
    assert found.per_prompt["broken"]["failed"] == 1
    assert found.per_prompt["broken"]["ttft_ms"] is None


@pytest.mark.parametrize(
    ("records", "expected", "reason"),
    [
        (in_turn(), None, "the prompt set states no expected tokens"),
        (in_turn(tokens=None), 50, "tpot_ms is null: no answer has a token count"),
        (in_turn(error="timeout"), 50, "ttft_ms is null: no measured request succeeded"),
        (in_turn(content_ms=(100,), tokens=1), 50, "tpot_ms is null: no answer has a second content event to time"),
    ],
)
def test_typical_answer_is_null_for_a_stated_reason(records: list[Record], expected: int | None, reason: str) -> None:
    found = summarise(records, expected_tokens=expected)
    assert found.metrics["typical_answer_ms"] is None
    assert found.missing["typical_answer_ms"] == reason


def many(random: Random) -> list[Record]:
    """A mixed cell: prompts, rounds, failures, empty answers, retries."""
    records = []
    for place in range(random.randint(1, 60)):
        first, step = random.uniform(10, 500), random.uniform(1, 40)
        events = [first + step * event for event in range(random.randint(0, 12))]
        records.append(
            make_record(
                f"p{place % 5}",
                events,
                round_=place // 5,
                start_ms=600 * place + random.random(),
                tokens=random.choice([None, 0, len(events), 3 * len(events)]),
                error=random.choice([None, None, None, "timeout"]),
                text=random.choice(["yes", "no", ""]) if events else "",
            )
        )
    return records


@pytest.mark.slow
@settings(deadline=None, max_examples=30)  # the bootstrap of the gaps takes a tenth of a second
@given(st.randoms(use_true_random=False))
def test_order_of_the_lines_changes_nothing(random: Random) -> None:
    records = many(random)
    expected = summarise(records, slos={"ttft_ms": 200})
    random.shuffle(records)
    assert summarise(records, slos={"ttft_ms": 200}) == expected


@pytest.mark.slow
@settings(deadline=None, max_examples=30)  # the bootstrap of the gaps takes a tenth of a second
@given(st.randoms(use_true_random=False))
def test_rates_lie_between_0_and_1_and_goodput_under_the_request_rate(random: Random) -> None:
    records = many(random)
    found = summarise(records, slos={"e2e_ms": 300})
    for name, value in found.metrics.items():
        if (name.endswith("_rate") or name == "slo_attainment") and value is not None:
            assert 0 <= value <= 1
            assert found.intervals[name].low <= value <= found.intervals[name].high
    for name in ("ttft_ms", "e2e_ms", "tpot_ms", "event_gap_ms"):
        if (value := found.metrics[name]) is not None:
            assert 0 <= value.min <= value.p50 <= value.p99 <= value.max
            assert value.n > 0


def test_a_request_on_a_schedule_counts_from_the_time_it_was_due() -> None:
    """Coordinated omission: a client that waits for the server before it starts the next request hides the wait."""
    late = [replace(record, t_scheduled_ns=record.t_start_ns - 40_000_000) for record in in_turn()]
    found, on_time = summarise(late), summarise(in_turn())
    assert found.metrics["schedule_delay_ms"].p50 == pytest.approx(40.0)
    for name in ("ttft_ms", "e2e_ms"):
        assert found.metrics[name].p50 == pytest.approx(on_time.metrics[name].p50 + 40.0)
    assert found.metrics["tpot_ms"].p50 == pytest.approx(on_time.metrics["tpot_ms"].p50)
