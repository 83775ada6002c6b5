"""What other tools get wrong (measurement-peers §2), each against a real server process.

Here as far as a backend can get them wrong; the figures themselves are the business of `metrics`.
"""

import time
from collections.abc import Callable
from itertools import pairwise

import pytest

from foundry_exp.metrics.request import request_metrics
from foundry_exp.records.record import CONTENT_KINDS, Record
from foundry_exp.runtime.http.endpoint import EndpointBackend
from tests.runtime.backends.contract import asked
from tests.runtime.http.conftest import MODELS, Ask, Serve, wanted
from tests.timed_server.service import Service, TimedServer

pytestmark = pytest.mark.real


def content_ns(record: Record) -> list[int]:
    return [t for t, kind in zip(record.event_ns, record.event_kinds, strict=True) if kind in CONTENT_KINDS]


def test_without_streaming_the_first_token_is_unknown_not_zero(ask: Ask) -> None:
    record = ask("steady", streaming=False)
    assert record.event_kinds == ("text", "end")
    assert request_metrics(record).ttft_ms is None


def test_four_tokens_an_event_are_not_counted_as_one(ask: Ask) -> None:
    record = ask("coalesced-counted")
    assert record.usage is not None
    assert (record.usage.completion_tokens, len(content_ns(record)), record.first_event_tokens) == (16, 4, 4)


def test_four_tokens_an_event_are_unknown_where_the_service_counts_only_at_the_end(ask: Ask) -> None:
    record = ask("coalesced")
    assert record.usage is not None
    assert (record.usage.completion_tokens, record.first_event_tokens) == (16, None)


def test_the_empty_role_chunk_is_no_first_token(ask: Ask) -> None:
    record = ask("never-first", first_token_timeout_s=0.3)
    assert record.event_kinds == ("role",)
    assert request_metrics(record).ttft_ms is None


def test_a_stream_without_a_role_chunk_is_read_as_well(ask: Ask) -> None:
    assert ask("no-role").event_kinds[0] == "text"


def test_keep_alive_comments_are_no_events(ask: Ask) -> None:
    record = ask("slow-prefill")
    assert record.event_kinds == ("role", *["text"] * 8, "end")


def test_an_error_in_a_200_stream_is_an_error_every_time(ask: Ask) -> None:
    records = [ask("every-4th") for _ in range(8)]
    assert [record.error is not None for record in records].count(True) == 2


def test_a_truncated_answer_is_never_a_success(ask: Ask) -> None:
    for model in ("error_event", "no_done", "cut", "reset"):
        assert ask(model).error is not None, model


def test_no_health_page_is_needed(server: TimedServer, attach: Callable[..., EndpointBackend]) -> None:
    assert attach(server.url).load(wanted("steady")).variant == "steady"


def test_reasoning_is_a_first_token_but_no_first_text(ask: Ask) -> None:
    record = ask("reasoning")
    assert (record.reasoning, record.text) == ("w0 w1 w2 ", "w3 w4 w5 w6 w7 ")
    assert record.event_kinds[1:5] == ("reasoning", "reasoning", "reasoning", "text")


def test_a_tool_call_has_a_first_token(ask: Ask) -> None:
    assert "tool" in ask("tool").event_kinds


def test_the_last_content_event_ends_the_answer_not_usage_or_done(ask: Ask) -> None:
    record = ask("steady")
    assert record.event_kinds[-1] == "end"
    assert content_ns(record)[-1] <= record.event_ns[-1]


def test_stamps_come_from_a_monotonic_clock_in_order(ask: Ask) -> None:
    before_ns = time.perf_counter_ns()
    record = ask("steady")
    stamps = [before_ns, record.t_start_ns, *record.event_ns, time.perf_counter_ns()]
    assert all(first <= second for first, second in pairwise(stamps))


def test_the_request_starts_at_its_write_not_at_the_call(ask: Ask, server: TimedServer) -> None:
    server.truths()
    record = ask("steady", marker="the write")
    truth = server.truths()["the write"]
    # CLOCK_MONOTONIC is one for all processes on Linux: the server cannot have it before it was written
    assert record.t_start_ns <= truth.received_ns
    assert all(sent <= seen for sent, seen in zip(truth.sent_ns, content_ns(record), strict=True))


def test_a_server_that_closes_a_connection_after_each_get_is_asked_on_another_one(
    serve: Serve, attach: Callable[..., EndpointBackend]
) -> None:
    backend = attach(serve(Service({"m": MODELS["steady"]}, closes_after_get=True)).url)
    backend.load(wanted("m"))
    records = [asked(backend) for _ in range(4)]
    assert [record.error for record in records] == [None] * 4
