import json
from collections.abc import Iterator
from typing import Any

import pytest

from foundry_exp.errors import BackendError
from foundry_exp.protocols import Event
from foundry_exp.records.record import Usage
from foundry_exp.runtime.http import chat

START_NS = 1000
COUNTS = {
    "completion_tokens": 4,
    "completion_tokens_details": {"reasoning_tokens": 1},
    "prompt_tokens": 16,
    "prompt_tokens_details": {"cached_tokens": 3},
    "total_tokens": 20,
}


def delta(**fields: Any) -> dict[str, Any]:
    return {"choices": [{"delta": fields, "finish_reason": None, "index": 0}]}


def finish(reason: Any = "stop") -> dict[str, Any]:
    return {"choices": [{"delta": {}, "finish_reason": reason, "index": 0}]}


def stream(*chunks: Any, done: bool = True, end: Any = "stop") -> list[tuple[int, bytes]]:
    """Each chunk in a read of its own, at 1100, 1200 …; `done`: with an end that says so."""
    lines = [chunk if isinstance(chunk, bytes) else json.dumps(chunk).encode() for chunk in chunks]
    lines += [json.dumps(finish(end)).encode(), b"[DONE]"] if done else []
    return [(START_NS + 100 * number, b"data: " + line + b"\n\n") for number, line in enumerate(lines, start=1)]


def read(pieces: list[tuple[int, bytes]]) -> list[Event]:
    return list(chat.streamed(pieces, START_NS, "here"))


def caught(events: Iterator[Event]) -> tuple[list[Event], BackendError]:
    seen: list[Event] = []
    with pytest.raises(BackendError) as error:
        seen.extend(events)  # extend keeps the ones before the error
    return seen, error.value


def test_what_foundry_2_2_1_sends_is_read_whole() -> None:
    events = read(
        stream(
            delta(content="", role="assistant"),
            delta(reasoning_content="hm"),
            delta(content="local"),
            finish("length"),
            {"choices": [], "usage": COUNTS},
            b"[DONE]",
            done=False,
        )
    )
    assert [(event.kind, event.text, event.t_ns) for event in events] == [
        ("role", "", 1100), ("reasoning", "hm", 1200), ("text", "local", 1300), ("end", "", 1600),
    ]  # fmt: skip
    assert events[0].request_start_ns == START_NS
    assert events[-1].usage == Usage(16, 4, cached_tokens=3, reasoning_tokens=1)
    assert events[-1].finish_reason == "length"


def test_reasoning_comes_before_text_of_the_same_chunk() -> None:
    events = read(stream(delta(content="b", reasoning="a")))
    assert [(event.kind, event.text) for event in events[:-1]] == [("reasoning", "a"), ("text", "b")]


def test_a_tool_call_is_content() -> None:
    call = {"index": 0, "function": {"name": "search", "arguments": '{"q"'}}
    assert [(event.kind, event.text) for event in read(stream(delta(tool_calls=[call])))[:-1]] == [
        ("tool", 'search{"q"')
    ]


def test_old_services_that_repeat_the_delta_in_message_are_counted_once() -> None:
    both = {"choices": [{"delta": {"content": "a"}, "message": {"content": "a"}}]}
    only = {"choices": [{"delta": {}, "message": {"content": "b"}}]}
    assert "".join(event.text for event in read(stream(both, only))) == "ab"


def test_tokens_of_an_event_are_told_only_where_the_service_counts_as_it_goes() -> None:
    counted = [{**delta(content="x"), "usage": {"prompt_tokens": 1, "completion_tokens": n}} for n in (4, 8, 9)]
    assert [event.tokens for event in read(stream(*counted))] == [4, 4, 1, None]
    assert [event.tokens for event in read(stream(delta(content="x")))] == [None, None]


@pytest.mark.parametrize("usage", [None, {}, {"prompt_tokens": "1", "completion_tokens": 1}, [], {"prompt_tokens": -1}])
def test_counts_that_make_no_sense_are_missing(usage: Any) -> None:
    assert read(stream({**delta(content="x"), "usage": usage}))[-1].usage is None


def test_an_error_within_the_stream_keeps_what_came_before() -> None:
    events, error = caught(
        chat.streamed(stream(delta(content="half"), {"error": {"message": "out of luck"}}), START_NS, "here")
    )
    assert [event.text for event in events] == ["half"]
    assert error.error_class == "stream_error"
    assert "out of luck" in str(error)


def test_a_clean_end_without_done_is_whole_where_a_finish_reason_came() -> None:
    events = read(stream(delta(content="a"), finish(), {"choices": [], "usage": COUNTS}, done=False))
    assert [(event.kind, event.t_ns) for event in events] == [("text", 1100), ("end", 1300)]
    assert events[-1].usage is not None


@pytest.mark.parametrize("cut", [None, BackendError("reset", "gone")])
def test_an_end_without_finish_reason_and_done_is_truncated(cut: BackendError | None) -> None:
    events, error = caught(chat.streamed(stream(delta(content="a"), done=False), START_NS, "here", cut))
    assert (len(events), error.error_class) == (1, "reset" if cut else "stream_truncated")


def test_a_connection_that_breaks_after_the_finish_reason_may_have_lost_the_count() -> None:
    cut = BackendError("reset", "gone")
    assert caught(chat.streamed(stream(finish(), done=False), START_NS, "here", cut))[1] is cut
    half_usage = [*stream(finish(), done=False), (1500, b'data: {"choices": [], "usa')]
    assert caught(chat.streamed(half_usage, START_NS, "here"))[1].error_class == "stream_truncated"


def test_an_event_cut_in_two_is_a_truncation_not_bad_json() -> None:
    pieces = [*stream(delta(content="a"), done=False), (1500, b'data: {"choices": [{"del')]
    assert caught(chat.streamed(pieces, START_NS, "here"))[1].error_class == "stream_truncated"


def test_a_broken_connection_is_named_after_the_events_before_it() -> None:
    cut = BackendError("reset", "gone")
    events, error = caught(chat.streamed(stream(delta(content="a"), done=False), START_NS, "here", cut))
    assert (len(events), error) == (1, cut)


def test_a_connection_that_breaks_after_done_has_lost_nothing() -> None:
    events = list(chat.streamed(stream(delta(content="a")), START_NS, "here", BackendError("reset", "gone")))
    assert events[-1].kind == "end"


@pytest.mark.parametrize("line", [b"{", b"[1]", b"null", b'"text"', b"[" * 100_000, b"\xff\xfe"])
def test_an_event_that_is_no_object_is_malformed(line: bytes) -> None:
    events, error = caught(chat.streamed(stream(delta(content="a"), line), START_NS, "here"))
    assert (len(events), error.error_class) == (1, "malformed_event")


@pytest.mark.parametrize("odd", [{}, {"choices": None}, {"choices": [None]}, {"choices": [{"delta": None}]}, b"", b" "])
def test_odd_but_harmless_chunks_are_passed_over(odd: Any) -> None:
    assert [event.kind for event in read(stream(odd))] == ["end"]


def test_a_whole_answer_has_the_time_of_its_last_byte() -> None:
    said = {"choices": [{"message": {"role": "assistant", "content": "yes"}, "finish_reason": "stop"}], "usage": COUNTS}
    events = list(chat.whole(json.dumps(said).encode(), 1900, START_NS, "here"))
    assert [(event.kind, event.text, event.t_ns) for event in events] == [("text", "yes", 1900), ("end", "", 1900)]
    assert events[0].request_start_ns == START_NS
