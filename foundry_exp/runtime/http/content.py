"""The keys that carry an answer, and what stands under them: one list for whoever arms a timeout, stamps or reads."""

import re
from typing import Any

from foundry_exp.records.record import EventKind

_TEXT = ("content", "text", "refusal")
_REASONING = ("reasoning_content", "reasoning", "thinking", "reasoning_text", "reasoning_details", "summary")
_TOOL = ("arguments", "name")
_COUNTS = ("usage", "timings", "x_groq")
_ALIVE = ("ping", "heartbeat", "keepalive", "keep-alive")

FIRST = re.compile(rb'"(?:%s)"\s*:\s*\[?"[^"]' % "|".join((*_TEXT, *_REASONING, *_TOOL)).encode())
"""Enough to see in the bytes that a first token came; the real reading is done after the request."""

_BESIDE = frozenset({
    "delta", "message", "index", "role", "name", "id", "finish_reason", "native_finish_reason", "stop_reason",
    "matched_stop", "logprobs", "content_filter_results", "content_filter_offsets", "annotations", "token_ids",
    "metadata", *_REASONING,
})  # fmt: skip


def parts(choice: dict[str, Any]) -> list[tuple[EventKind, str]]:
    """What a choice of a chunk or of a whole answer carries, reasoning before text."""
    delta, message = keys(choice.get("delta")), keys(choice.get("message"))
    # ≤ 0.5.x services repeat the delta in `message`, or fill only that; the choice itself: legacy completions
    filled = _said(delta) or (_said(message) if message else _said({"text": choice.get("text")}))
    return filled or ([("role", "")] if delta.get("role") else [])


def unread(choice: dict[str, Any]) -> str:
    """The first key that holds what could be an answer and cannot be read; empty when there is none."""
    places = {"choice": choice, "delta": keys(choice.get("delta")), "message": keys(choice.get("message"))}
    unreadable = (f"{place}.{key}" for place, said in places.items() for key, value in said.items() if _odd(key, value))
    return next(unreadable, "")


def _odd(key: str, value: Any) -> bool:
    if not value or key in _BESIDE:
        return False
    if key in _TEXT:
        return not any(_text_and_reasoning(value))
    return isinstance(value, str | list | dict)


def _said(message: dict[str, Any]) -> list[tuple[EventKind, str]]:
    """The parts of a message that hold something; in the usual one a single key does."""
    text = reasoning = tool = ""
    for key, value in message.items():
        if not value:
            continue
        if key in _TEXT and not text:
            text, within = _text_and_reasoning(value)
            reasoning = reasoning or within
        elif key in _REASONING:
            reasoning = reasoning or _flat(value)
        elif key in ("tool_calls", "function_call"):
            tool += _called(value)
    said: list[tuple[EventKind, str]] = [("reasoning", reasoning), ("text", text), ("tool", tool)]
    return [part for part in said if part[1]]


def _text_and_reasoning(content: Any) -> tuple[str, str]:
    """The two, of a content that is a text, a part or a list of parts."""
    if isinstance(content, str):
        return content, ""
    pieces = content if isinstance(content, list) else [content]
    thinks = [bool(re.search("think|reason", str(keys(piece).get("type")))) for piece in pieces]
    return (
        "".join(_flat(piece) for piece, is_thought in zip(pieces, thinks, strict=True) if not is_thought),
        "".join(_flat(piece) for piece, is_thought in zip(pieces, thinks, strict=True) if is_thought),
    )


def _flat(part: Any, depth: int = 4) -> str:
    """The text of a part, wherever in it that stands."""
    if isinstance(part, str) or depth == 0:
        return part if isinstance(part, str) else ""
    if isinstance(part, list):
        return "".join(_flat(one, depth - 1) for one in part)
    texts = (_flat(keys(part).get(key), depth - 1) for key in (*_TEXT, *_REASONING))
    return next(filter(None, texts), "")


def is_of_an_answer(chunk: dict[str, Any], name: str) -> bool:
    """Whether an event's object is part of an answer, a count of its tokens, or says that the service is alive.

    What else stands in an answer's place is what went wrong, in whatever words.
    """
    if "choices" in chunk or "completion" in str(chunk.get("object")):
        return True
    is_alive = not chunk or name in _ALIVE or chunk.get("type") in _ALIVE
    return is_alive or any(key in chunk for key in _COUNTS)


def _called(calls: Any) -> str:
    """The names and arguments of tool calls, or of the one function of older services."""
    functions = [keys(keys(call).get("function")) for call in calls] if isinstance(calls, list) else [keys(calls)]
    texts = (function.get(key) for function in functions for key in ("name", "arguments"))
    return "".join(text for text in texts if isinstance(text, str))


def keys(value: Any) -> dict[str, Any]:
    """What `files.plain.mapping` tells, 0.5 µs a chunk sooner."""
    return value if isinstance(value, dict) else {}
