"""Limits of a request, on a clock that the test moves."""

import pytest

from foundry_exp.runtime.http.request_trace import NS_PER_S, Limits, RequestTrace

FIRST = b'data: {"choices": [{"delta": {"content": "a"}}]}\n\n'
ROLE = b'data: {"choices": [{"delta": {"content": "", "role": "assistant"}}]}\n\n'
COMMENT = b": keep-alive\n\n"


class Scene:
    """A trace with its clock."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.trace = RequestTrace(lambda: round(self.now_s * NS_PER_S), Limits(100, 10_000, first_token_s=10, idle_s=2))
        self.trace.write_ns = 0

    def piece(self, at_s: float, piece: bytes) -> None:
        self.now_s = at_s
        assert self.trace.read(len(piece))
        self.trace.keep(piece)


@pytest.mark.parametrize("piece", [COMMENT, ROLE])
def test_neither_comments_nor_the_role_put_off_the_first_token_limit(piece: bytes) -> None:
    scene = Scene()
    scene.piece(9.0, piece)
    assert scene.trace.remaining_s() == pytest.approx(1.0)
    scene.now_s = 10.0
    assert scene.trace.remaining_s() <= 0
    assert scene.trace.expired == "timeout_first_token"


def test_after_the_first_token_silence_is_limited() -> None:
    scene = Scene()
    scene.piece(9.0, FIRST)
    assert scene.trace.remaining_s() == pytest.approx(2.0)
    scene.piece(10.0, FIRST)
    assert scene.trace.remaining_s() == pytest.approx(2.0)
    scene.piece(11.0, COMMENT)
    scene.now_s = 12.0
    assert scene.trace.remaining_s() <= 0
    assert scene.trace.expired == "timeout_idle"


def test_the_first_token_is_seen_when_it_comes_in_two_reads() -> None:
    scene = Scene()
    scene.piece(1.0, FIRST[:40])
    scene.piece(2.0, FIRST[40:])
    assert scene.trace.remaining_s() == pytest.approx(2.0)


def test_the_whole_is_limited_whatever_comes() -> None:
    scene = Scene()
    scene.piece(99.0, FIRST)
    scene.piece(99.5, FIRST)
    assert scene.trace.remaining_s() == pytest.approx(0.5)


def test_limits_count_from_the_write_not_from_the_call() -> None:
    scene = Scene()
    scene.trace.write_ns = 5 * NS_PER_S
    assert scene.trace.remaining_s() == pytest.approx(15.0)


def test_more_bytes_than_allowed_end_the_request() -> None:
    scene = Scene()
    assert scene.trace.read(10_000)
    assert not scene.trace.read(1)
    assert scene.trace.expired == "too_large"
