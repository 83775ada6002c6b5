"""Every shape in which servers were reported to send text, reasoning and tool calls, in pieces and whole."""

import json
from typing import Any

import pytest

from foundry_exp.runtime.http import content

THOUGHT = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}
SHAPES: dict[str, tuple[dict[str, Any], list[tuple[str, str]]]] = {
    "text": ({"content": "a"}, [("text", "a")]),
    "parts": ({"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}, [("text", "ab")]),
    "one part": ({"content": {"type": "text", "text": "a"}}, [("text", "a")]),
    "texts": ({"content": ["a", "b"]}, [("text", "ab")]),
    "refusal": ({"content": None, "refusal": "no"}, [("text", "no")]),
    "refusal part": ({"content": [{"type": "refusal", "refusal": "no"}]}, [("text", "no")]),
    "reasoning_content": ({"reasoning_content": "hm", "content": "a"}, [("reasoning", "hm"), ("text", "a")]),
    "reasoning": ({"reasoning": "hm", "content": ""}, [("reasoning", "hm")]),
    "thinking": ({"thinking": "hm"}, [("reasoning", "hm")]),
    "thinking part": ({"content": [THOUGHT, {"type": "text", "text": "a"}]}, [("reasoning", "hm"), ("text", "a")]),
    "details": ({"reasoning_details": [{"type": "reasoning.text", "text": "hm"}]}, [("reasoning", "hm")]),
    "told twice": ({"reasoning": "hm", "reasoning_details": [{"text": "hm"}]}, [("reasoning", "hm")]),
    "tools": ({"tool_calls": [{"function": {"name": "f", "arguments": "{}"}}]}, [("tool", "f{}")]),
    "function": ({"function_call": {"name": "f", "arguments": "{}"}}, [("tool", "f{}")]),
}


@pytest.mark.parametrize(("said", "parts"), SHAPES.values(), ids=SHAPES.keys())
@pytest.mark.parametrize("key", ["delta", "message"])
def test_every_shape_is_read(said: dict[str, Any], parts: list[tuple[str, str]], key: str) -> None:
    choice = {"index": 0, key: said, "finish_reason": None}
    assert content.parts(choice) == parts
    assert any(kind != "reasoning" for kind, _ in parts) or not content.unread(choice)


@pytest.mark.parametrize("said", [said for said, _ in SHAPES.values()], ids=SHAPES.keys())
def test_what_is_read_as_content_is_seen_in_the_bytes(said: dict[str, Any]) -> None:
    assert content.FIRST.search(json.dumps(said).encode())


def test_legacy_completions_are_read() -> None:
    assert content.parts({"text": "a", "finish_reason": None}) == [("text", "a")]


@pytest.mark.parametrize("said", [{"content": ""}, {"content": None}, {"content": []}, {"text": "", "refusal": None}])
def test_nothing_is_neither_content_nor_unread(said: dict[str, Any]) -> None:
    choice = {"delta": {"role": "assistant", **said}}
    assert content.parts(choice) == [("role", "")]
    assert content.unread(choice) == ""
    assert not content.FIRST.search(json.dumps(choice).encode())


@pytest.mark.parametrize("said", [{"content": [{"type": "image", "url": "x"}]}, {"content": 7}, {"words": "a"}])
def test_what_cannot_be_read_is_named(said: dict[str, Any]) -> None:
    assert content.unread({"message": said}) == f"message.{next(iter(said))}"


def test_lists_within_lists_are_not_followed_without_end() -> None:
    deep: Any = "a"
    for _ in range(900):
        deep = [deep]
    assert content.unread({"message": {"content": deep}}) == "message.content"
