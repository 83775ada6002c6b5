"""Ends, errors and answers that cannot be read, in every form that servers were reported to send, streaming and not."""

import json
from typing import Any

import pytest

from foundry_exp.errors import BackendError
from foundry_exp.protocols import Event
from foundry_exp.runtime.http import chat

COUNT = {"prompt_tokens": 20, "completion_tokens": 4}


def data(content: Any) -> bytes:
    return b"data: " + json.dumps(content).encode() + b"\n\n"


def piece(text: Any, reason: Any = None, key: str = "delta") -> dict[str, Any]:
    return {"choices": [{"index": 0, key: {"role": "assistant", "content": text}, "finish_reason": reason}]}


DONE = b"data: [DONE]\n\n"
HALF = data(piece("Alpha ")) + data(piece("beta"))


def streamed(stream: bytes) -> list[Event]:
    return list(chat.streamed([(1, stream)], 0, "here"))


def whole(answer: Any) -> list[Event]:
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return list(chat.whole(body, 1, 0, "here"))


@pytest.mark.parametrize(
    ("reason", "end"),
    [
        ("stop", "stop"), ("STOP", "stop"), ("eos", "stop"), ("eos_token", "stop"), ("stop_sequence", "stop"),
        ("end_turn", "stop"), ("FinishReason.stop", "stop"), ({"type": "stop", "matched": 2}, "stop"),
        ("length", "length"), ("max_tokens", "length"), ("MAX_TOKENS", "length"), ("maxTokens", "length"),
        ("FINISH_REASON_MAX_TOKENS", "length"), ("model_length", "length"), ({"type": "length"}, "length"),
        ("tool_calls", "tool_calls"), ("function_call", "tool_calls"), ("tool_use", "tool_calls"),
    ],
)  # fmt: skip
def test_every_spelling_of_a_good_end_is_one_of_three(reason: Any, end: str) -> None:
    counted = data({"choices": [], "usage": COUNT})
    for events in (
        streamed(HALF + data(piece("", reason)) + counted + DONE),
        whole({**piece("Alpha beta", reason, "message"), "usage": COUNT}),
    ):
        assert ("".join(event.text for event in events), events[-1].finish_reason) == ("Alpha beta", end)
        assert events[-1].usage is not None


@pytest.mark.parametrize("reason", ["abort", "error", "content_filter", "whatever", 7, {"type": "abort"}, ["stop"]])
def test_a_bad_or_unknown_end_is_a_failure_that_names_it(reason: Any) -> None:
    name = reason if isinstance(reason, str) else reason["type"] if isinstance(reason, dict) else json.dumps(reason)
    with pytest.raises(BackendError, match="finish_reason") as in_stream:
        streamed(HALF + data(piece("", reason)) + DONE)
    with pytest.raises(BackendError, match="finish_reason") as in_whole:
        whole(piece("Alpha beta", reason, "message"))
    for caught in (in_stream, in_whole):
        assert caught.value.error_class == "end_reason"
        assert name in str(caught.value)


@pytest.mark.parametrize("reason", [None, "", "null", False, {}])
def test_done_does_not_end_an_answer_that_has_no_finish_reason(reason: Any) -> None:
    with pytest.raises(BackendError) as in_stream:
        streamed(HALF + data(piece("", reason)) + DONE)
    with pytest.raises(BackendError) as in_whole:
        whole(piece("Alpha beta", reason, "message"))
    assert [caught.value.error_class for caught in (in_stream, in_whole)] == ["end_missing"] * 2


def test_a_named_end_is_accepted_where_that_is_wished_and_no_other() -> None:
    accepted = frozenset({"abort", "missing"})
    for reason, end in (("ABORT", "abort"), (None, None), ("length", "length")):
        pieces = [(1, HALF + data(piece("", reason)) + DONE)]
        body = json.dumps(piece("Alpha beta", reason, "message")).encode()
        assert list(chat.streamed(pieces, 0, "here", accepted=accepted))[-1].finish_reason == end
        assert list(chat.whole(body, 1, 0, "here", accepted))[-1].finish_reason == end
    with pytest.raises(BackendError, match=r"backend.end_reasons=\[error\]"):
        list(chat.streamed([(1, HALF + data(piece("", "error")) + DONE)], 0, "here", accepted=accepted))
    with pytest.raises(BackendError) as caught:
        list(chat.streamed([(1, HALF)], 0, "here", accepted=accepted))
    assert caught.value.error_class == "stream_truncated"


def test_an_early_or_repeated_end_is_no_fault() -> None:
    events = streamed(data(piece("a", "stop")) + data(piece("b", "stop")) + data(piece("", "null")) + DONE)
    assert ("".join(event.text for event in events), events[-1].finish_reason) == ("ab", "stop")


ERRORS: dict[str, tuple[Any, str]] = {
    "string": ({"error": "out of luck"}, "out of luck"),
    "object": ({"error": {"message": "out of luck", "code": 500}}, "out of luck"),
    "nested": ({"error": {"error": {"msg": "out of luck"}}}, "out of luck"),
    "object: error": ({"object": "error", "message": "out of luck", "type": "X", "code": 500}, "out of luck"),
    "error_type": ({"error_type": "out_of_luck"}, "out_of_luck"),
    "tgi": ({"error": "out of luck", "error_type": "generation"}, "out of luck"),
    "type: error": ({"type": "error", "error": {"type": "overloaded", "message": "out of luck"}}, "out of luck"),
    "detail": ({"detail": "out of luck"}, "out of luck"),
    "details": ({"detail": [{"loc": ["body", "seed"], "msg": "out of luck"}]}, "body.seed: out of luck"),
    "message": ({"message": "out of luck", "code": 500}, "out of luck"),
    "fault": ({"fault": {"faultstring": "out of luck"}}, "out of luck"),
    "exception": ({"exception": "out of luck"}, "out of luck"),
    "no success": ({"success": False, "reason": "out of luck"}, "out of luck"),
    "status code": ({"statusCode": 500, "body": "out of luck"}, "out of luck"),
    "capitals": ({"Error": {"Message": "out of luck"}}, "out of luck"),
    "response.failed": ({"type": "response.failed", "response": {"error": {"message": "out of luck"}}}, "out of luck"),
    "empty": ({"error": {}}, '{"error": {}}'),
    "beside no choices": ({"choices": [], "message": "out of luck", "code": 500}, "out of luck"),
    "in a delta": ({"choices": [{"delta": {"error": {"message": "out of luck"}}}]}, "out of luck"),
    "in a choice": ({"choices": [{"error": {"message": "out of luck"}, "finish_reason": "stop"}]}, "out of luck"),
    "beside choices": ({**piece("x", "stop"), "error": {"message": "out of luck"}}, "out of luck"),
    "without words": ({"error": {"code": 7}}, '{"error": {"code": 7}}'),
}


@pytest.mark.parametrize(("error", "words"), ERRORS.values(), ids=ERRORS.keys())
def test_an_error_in_a_200_is_a_failure_in_the_services_own_words(error: Any, words: str) -> None:
    said: list[Event] = []
    with pytest.raises(BackendError) as in_stream:
        said.extend(chat.streamed([(1, HALF + data(error) + data(piece("", "stop")) + DONE)], 0, "here"))
    with pytest.raises(BackendError) as in_whole:
        whole(error)
    assert "".join(event.text for event in said) == "Alpha beta"
    for caught in (in_stream, in_whole):
        assert caught.value.error_class == "stream_error"
        assert words in str(caught.value)


@pytest.mark.parametrize(
    "lines",
    [
        b'error: {"code":500,"message":"out of luck","type":"server_error"}\n\n',
        b"error: out of luck\n\n",
        b'event: error\ndata: {"message": "out of luck"}\n\n',
        b"event: error\ndata: out of luck\n\n",
        b'{"error": {"message": "out of luck"}}\n\n',
        b'{"object":"error","message":"out of luck"}\r\n',
        b'{\n  "detail": "out of luck"\n}\n\n',
        b"<html>\n<head><title>502</title></head><body>out of luck</body></html>\n\n",
        b"data: <html><body>out of luck</body></html>\n\n",
        b"Internal Server Error: out of luck\n\n",
        b"InternalError: out of luck\n\n",
        b"event: exception\ndata: out of luck\n\n",
        b'event: response.failed\ndata: {"response": {"message": "out of luck"}}\n\n',
    ],
)
def test_an_error_in_any_form_of_a_streams_lines_is_one(lines: bytes) -> None:
    for stream in (HALF + lines + DONE, HALF + data(piece("", "stop")) + lines + DONE, HALF + lines, lines):
        with pytest.raises(BackendError, match="out of luck") as caught:
            streamed(stream)
        assert caught.value.error_class == "stream_error"


def test_a_page_instead_of_a_whole_answer_is_told_without_its_tags() -> None:
    with pytest.raises(BackendError, match="stopped with: Welcome to nginx;"):
        whole(b"<!DOCTYPE html><html><style>p {}</style><body>Welcome to <b>nginx</b></body></html>")


@pytest.mark.parametrize(
    "words",
    [
        "the request exceeds the available context size. try increasing it",
        "This model's maximum context length is 2048 tokens",
    ],
)
def test_a_prompt_that_is_too_long_is_told_apart(words: str) -> None:
    with pytest.raises(BackendError) as caught:
        streamed(HALF + b"error: " + json.dumps({"code": 400, "message": words}).encode() + b"\n\n" + DONE)
    assert caught.value.error_class == "context_overflow"


@pytest.mark.parametrize(
    "noise",
    [
        b"data:\n\n",
        b"data: \n\n",
        b": ping\n\n",
        b"event: ping\ndata: {}\n\n",
        b"x: y\n\n",
        b'event: ping\ndata: {"time": 7}\n\n',
        b'data: {"type": "heartbeat"}\n\n',
    ],
)
def test_what_keeps_a_connection_alive_is_neither_content_nor_error(noise: bytes) -> None:
    events = streamed(noise.join([b"", data(piece("a")), data(piece("b")), data(piece("", "stop")), DONE]))
    assert "".join(event.text for event in events) == "ab"


@pytest.mark.parametrize(
    "said",
    [
        {"choices": [], "usage": COUNT},
        {"usage": COUNT},
        {"choices": [{"finish_reason": "stop", "output": "Alpha"}]},
        piece({"value": "Alpha"}, "stop", "message"),
        piece(7, "stop", "message"),
        {"choices": [{"message": {"content": "", "words": "Alpha"}, "finish_reason": "stop"}]},
        {"choices": [{"message": {"reasoning": "hm", "content": {"x": "Alpha"}}, "finish_reason": "stop"}]},
        {"choices": [{"message": {"content": None, "tool_calls": [{"x": "Alpha"}]}, "finish_reason": "stop"}]},
    ],
)
def test_what_cannot_be_read_is_a_failure_not_an_empty_answer(said: Any) -> None:
    for read in (whole, lambda answer: streamed(data(answer) + DONE)):
        with pytest.raises(BackendError) as caught:
            read(said)
        assert caught.value.error_class == "unreadable"


@pytest.mark.parametrize("text", ["", None])
def test_an_empty_answer_that_says_stop_is_an_empty_answer(text: str | None) -> None:
    for events in (
        streamed(data(piece(text)) + data(piece(text, "stop")) + DONE),
        whole(piece(text, "stop", "message")),
    ):
        assert events[-1].finish_reason == "stop"
        assert not any(event.text for event in events)
