import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundry_exp.errors import BackendError
from foundry_exp.runtime.http import sse

STREAM = (
    b'\xef\xbb\xbf: keep-alive\n\ndata: {"a": 1}\n\ndata:{"b": 2}\r\n\r\nevent: x\rdata: one\rdata: two\r\r'
    b"id: 7\ndata: \xc3\xa9\n: a comment within\ndata\n\n: late\n\ndata: [DONE]\n\n"
)
EXPECTED = [b'{"a": 1}', b'{"b": 2}', b"one\ntwo", "é\n".encode(), b"[DONE]"]


def data(pieces: list[bytes]) -> list[bytes]:
    return [event.data for event in sse.parse(enumerate(pieces))]


def cut(stream: bytes, at: list[int]) -> list[bytes]:
    edges = [0, *sorted(position % (len(stream) + 1) for position in at), len(stream)]
    return [stream[start:end] for start, end in pairwise(edges)]


def test_every_form_of_a_line_end_and_of_data_is_read() -> None:
    assert data([STREAM]) == EXPECTED


def test_one_byte_at_a_time_gives_the_same() -> None:
    assert data([STREAM[at : at + 1] for at in range(len(STREAM))]) == EXPECTED


@given(st.lists(st.integers(min_value=0)))
def test_any_cut_of_the_same_bytes_gives_the_same_events(at: list[int]) -> None:
    assert data(cut(STREAM, at)) == EXPECTED


@pytest.mark.slow
@given(st.lists(st.text()), st.sampled_from(["\n", "\r\n", "\r"]), st.lists(st.integers(min_value=0)))
def test_what_a_service_writes_is_what_is_read(texts: list[str], end: str, at: list[int]) -> None:
    stream = "".join(f"data: {json.dumps(text)}{end}{end}" for text in texts).encode()
    assert [json.loads(found) for found in data(cut(stream, at))] == texts


@given(st.binary(), st.lists(st.integers(min_value=0)))
def test_bytes_that_are_no_events_neither_raise_nor_depend_on_the_cut(stream: bytes, at: list[int]) -> None:
    assert data(cut(stream, at)) == data([stream])


@given(st.lists(st.integers(min_value=0)))
def test_an_event_has_the_time_of_the_piece_that_completed_it(at: list[int]) -> None:
    pieces = cut(b"data: 1\n\ndata: 2\n\n", at)
    seen = b""
    for event in sse.parse(enumerate(pieces)):
        seen = b"".join(pieces[: event.t_ns + 1])
        before = b"".join(pieces[: event.t_ns])
        assert seen.count(b"\n\n") >= int(event.data) > before.count(b"\n\n")
    assert seen


def test_several_events_in_one_read_share_its_time() -> None:
    assert [event.t_ns for event in sse.parse([(5, b"data: 1\n\ndata: 2\n\n"), (9, b"data: 3\n\n")])] == [5, 5, 9]


def test_a_missing_last_blank_line_loses_nothing_and_is_told() -> None:
    for tail in (b"data: last", b"data: last\n", b"data: last\r\n"):
        events = list(sse.parse([(1, b"data: 1\n\n" + tail)]))
        assert [(event.data, event.complete) for event in events] == [(b"1", True), (b"last", False)]


def test_an_event_without_an_end_is_refused_before_it_fills_the_memory() -> None:
    with pytest.raises(BackendError, match="larger than 1000 bytes") as caught:
        list(sse.parse(((n, b"data: " + b"x" * 100) for n in range(1000)), max_event_bytes=1000))
    assert caught.value.error_class == "too_large"


def test_hours_of_comments_do_not_count_as_an_event() -> None:
    assert data([b": keep-alive\n\n" * 1000, b": keep-alive\n" * 1000, b"data: 1\n\n"]) == [b"1"]
