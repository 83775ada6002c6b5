"""What a summary warns of."""

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from foundry_exp.metrics.summary import summarise
from foundry_exp.records.record import Record
from tests.metrics.cells import WARM, distribution, in_turn, warning
from tests.record_factory import make_record


def test_flagged_answers_are_counted_and_said() -> None:
    records = [
        make_record(finish_reason="length"),
        make_record(text="again " * 30, start_ms=200),
        make_record(content_ms=(), text="", tokens=0, start_ms=400, over_ms=3),
        make_record(start_ms=600),
    ]
    found = summarise(records)
    rates = [found.metrics[name] for name in ("truncated_rate", "degenerate_rate", "empty_rate")]
    assert rates == [0.25, 0.25, 0.25]
    for part in ("reached the token limit", "repeat themselves", "are empty"):
        warning(found, part)
    assert (distribution(found, "e2e_ms").n, distribution(found, "e2e_ms").missing) == (3, 1)


def test_failed_requests_are_neither_empty_nor_full_answers() -> None:
    found = summarise([*in_turn(2), make_record(content_ms=(), text="", error="timeout", start_ms=900)])
    assert found.metrics["empty_rate"] == 0.0


def test_estimated_tokens_are_counted_and_said() -> None:
    found = summarise([*in_turn(3), make_record(token_source="events", start_ms=600)])
    assert found.metrics["estimated_rate"] == 0.25
    warning(found, "1 of 4 token counts are estimated")


@pytest.mark.parametrize(
    ("fields", "clause"),
    [
        ({"tokens": 0}, "0 completion tokens with an answer"),
        ({"tokens": 99}, "more completion tokens than max_tokens"),
        ({"tokens": 2}, "fewer completion tokens than content events"),
        ({"content_ms": (), "text": "", "tokens": 7}, "completion tokens without any content"),
        ({"prompt_tokens": 0}, "0 prompt tokens"),
        ({"cached_tokens": 21}, "more cached than prompt tokens"),
    ],
)
def test_usage_that_contradicts_the_answer_is_said(fields: dict[str, Any], clause: str) -> None:
    found = summarise([make_record(**fields)], max_tokens={"p1": 64})
    assert "in 1 of 1 requests" in warning(found, f"({clause})")


def test_usage_at_the_limit_is_no_contradiction() -> None:
    assert not [one for one in summarise(in_turn(), max_tokens=4).warnings if "contradicts" in one]


def test_cached_tokens_split_ttft_into_cold_and_warm() -> None:
    records = [make_record(content_ms=(400, 410)), *in_turn(3, cached_tokens=18)]
    found = summarise(records)
    assert distribution(found, "ttft_cold_cache_ms").mean == 400.0
    assert distribution(found, "ttft_warm_cache_ms").mean == 100.0
    warning(found, "3 of 4 requests had prompt tokens cached")


def repeats(first_ms: float, prompts: int) -> list[Record]:
    """Prompts asked three times, the first time with another ttft."""
    return [
        make_record(f"p{prompt}", (ttft, ttft + 10), round_=turn, start_ms=10_000 * turn + 1000 * prompt)
        for turn, ttft in enumerate((first_ms, 100.0, 100.0))
        for prompt in range(prompts)
    ]


def test_ttft_that_collapses_on_repeats_is_a_warm_cache() -> None:
    found = summarise(repeats(400.0, prompts=3))
    assert distribution(found, "ttft_cold_cache_ms").n == 3
    assert distribution(found, "ttft_warm_cache_ms").n == 6
    warning(found, "repeat a prompt and took under half the first one's ttft")


@pytest.mark.parametrize(("first_ms", "prompts"), [(150.0, 3), (400.0, 2), (100.0, 5)])
def test_slightly_slower_or_few_first_requests_are_no_cache(first_ms: float, prompts: int) -> None:
    found = summarise(repeats(first_ms, prompts))
    assert found.missing["ttft_warm_cache_ms"] == "no prompt cache was seen"


def noisy(count: int, tpot: float = 10.0) -> list[Record]:
    """Requests whose speed varies by up to 2 % without a trend."""
    offsets = [Random(3 + place).uniform(0.98, 1.02) for place in range(count)]
    return [
        make_record(content_ms=(100 * offset, (100 + tpot) * offset), round_=place, start_ms=500 * place)
        for place, offset in enumerate(offsets)
    ]


def test_outliers_are_named_and_kept() -> None:
    records = noisy(20)
    records[7] = make_record(content_ms=(900, 910), round_=7, start_ms=3500)
    found = summarise(records)
    assert "p1 round 7" in warning(found, "ttft_ms: 1 of 20 requests are outliers")
    assert found.per_prompt["p1"]["outlier_rounds"]["ttft_ms"] == [7]
    assert (distribution(found, "ttft_ms").n, distribution(found, "ttft_ms").max) == (20, 900.0)


def test_long_prompt_is_no_outlier_among_short_ones() -> None:
    long = [replace(one, sample_id="long") for one in noisy(5, tpot=3000.0)]
    found = summarise([*noisy(20), *long])
    assert not [one for one in found.warnings if "outliers" in one]


def test_drift_is_said_with_its_size() -> None:
    slower = [make_record(content_ms=(100, 110 + place), round_=place, start_ms=500 * place) for place in range(20)]
    said = warning(summarise(slower), "tpot_ms drifted")
    assert "tpot_ms drifted by +97% over the run (n=20, p<0.001): heat, power or another program" in said
    assert not [one for one in summarise(noisy(20)).warnings if "drifted" in one]


def test_a_run_that_became_faster_is_not_told_to_cool_down() -> None:
    faster = [make_record(content_ms=(100, 130 - place), round_=place, start_ms=500 * place) for place in range(20)]
    said = warning(summarise(faster), "tpot_ms drifted by -")
    assert "too short a warm-up; raise workload.warmup" in said
    assert "cool down" not in said


def test_drift_is_found_beneath_prompts_of_different_length() -> None:
    records = [
        make_record(
            f"p{prompt}", (100, 100 + 10 * (prompt + 1) * (1 + 0.05 * turn)), round_=turn, start_ms=2000 * place
        )
        for place, (turn, prompt) in enumerate((turn, prompt) for turn in range(5) for prompt in range(6))
    ]
    warning(summarise(records), "tpot_ms drifted by +2")


def test_shift_between_attempts_is_said() -> None:
    second = [make_record(attempt=2, content_ms=(200, 230), round_=place, start_ms=500 * place) for place in range(10)]
    assert "medians 10, 30 ms" in warning(summarise([*in_turn(10), *second]), "tpot_ms shifted")
    assert not [one for one in summarise([*in_turn(10), *in_turn(10, attempt=2)]).warnings if "shifted" in one]


def test_attempt_without_warmup_is_said() -> None:
    found = summarise([WARM, *in_turn(2), make_record(attempt=2)])
    warning(found, "attempt 2 has no warm-up request")


def test_retries_are_counted_and_said() -> None:
    found = summarise([*in_turn(2), make_record(retries=3, start_ms=400)])
    assert found.metrics["retries"] == 3
    warning(found, "1 of 3 requests were tried again, 3 times in all")


def test_broken_clock_is_said_and_not_timed() -> None:
    found = summarise([*in_turn(), make_record(content_ms=(100, 90), start_ms=900)])
    assert distribution(found, "ttft_ms").n == 4
    warning(found, "1 of 5 records have an event stamped before the one before it")
