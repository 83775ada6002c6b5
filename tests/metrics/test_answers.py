"""The flags of one answer."""

import pytest

from foundry_exp.metrics.answers import is_degenerate, is_empty, is_not_text, is_truncated, repeats_endlessly
from tests.record_factory import make_record

PROSE = (
    "The committee met on Tuesday to settle the budget. After two hours the chair asked for a vote, and the "
    "members agreed to spend a third of the money on the roof, a third on the hall, and to keep the rest."
)
TABLE = "| name | cost |\n|---|---|\n" + "\n".join(f"| part {row} | {row * 7} euros |" for row in range(12))


def test_truncated_is_what_stopped_at_its_token_limit() -> None:
    assert is_truncated(make_record(finish_reason="length"))
    assert not is_truncated(make_record(finish_reason="stop"))
    assert not is_truncated(make_record(finish_reason=None))


def test_white_space_and_reasoning_alone_are_empty_answers() -> None:
    assert is_empty(make_record(text=" \n"))
    assert is_empty(make_record(text="", reasoning="Let me think.", kinds=["reasoning"] * 4))
    assert not is_empty(make_record(text="4"))


def test_a_tool_call_without_text_is_an_answer() -> None:
    assert not is_empty(make_record(text="", kinds=["tool"] * 4))


@pytest.mark.parametrize(
    "text",
    [
        "the " * 40,
        PROSE + " and so on and on" * 30,
        (PROSE + " ") * 4,
        "哈哈哈哈" * 20,
        "=" * 200,
        "a b c d e f g h " * 4,
    ],
)
def test_endless_repetition_is_degenerate(text: str) -> None:
    assert repeats_endlessly(text)
    assert is_degenerate(make_record(text=text))


@pytest.mark.parametrize(
    "text",
    [
        PROSE,
        PROSE + " " + PROSE,
        TABLE,
        "no no no no",
        "",
        " ".join(str(number) for number in range(100)),
        "混ぜる前に粉をふるい、卵と牛乳を少しずつ加えてください。",
    ],
)
def test_ordinary_answers_are_not_degenerate(text: str) -> None:
    assert not is_degenerate(make_record(text=text))


def test_reasoning_in_circles_is_degenerate() -> None:
    assert is_degenerate(make_record(text="Yes.", reasoning="wait, let me check " * 20))


def test_control_and_replacement_characters_are_not_text() -> None:
    assert is_not_text("\ufffd\ufffd\ufffd ab")
    assert is_not_text("\x00\x01\x02")
    assert not is_not_text("\ufffd ab")
    assert not is_not_text("tab\tand\nline")
    assert not is_not_text("")
