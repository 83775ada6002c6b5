"""What a judge replied → a score with its reason, or why it is none. There is no default and no guess."""

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

MOST_REASON_CHARS = 200

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "reason": {"type": "string", "minLength": 1, "maxLength": MOST_REASON_CHARS},
        "score": {"type": "integer", "minimum": 1, "maximum": 5},
    },
    "required": ["reason", "score"],
    "additionalProperties": False,
}
"""The reason comes first, so that the score follows from it."""

CUT_OFF = "length"
"""The finish reason of a reply that used up its tokens."""

_FENCED = re.compile(r"```(?:json)?\s*\n(.*?)\n?\s*```", re.DOTALL | re.IGNORECASE)
_SHOWN_CHARS = 60
_MOST_PROBLEM_CHARS = 200


@dataclass(frozen=True, slots=True)
class Verdict:
    """One score."""

    score: int
    reason: str


@dataclass(frozen=True, slots=True)
class Unusable:
    """Why a reply is no score."""

    problem: str
    again: bool
    """Whether it is worth asking once more."""


def read(text: str, finish_reason: str | None) -> Verdict | Unusable:
    """A whole reply that is one JSON object of the schema, alone or alone in a code fence; nothing else counts."""
    if finish_reason == CUT_OFF:
        return Unusable("the reply was cut off at scorer.judge.max_tokens", again=False)
    if not text.strip():
        return Unusable("the reply was empty", again=True)
    fenced = _FENCED.fullmatch(text.strip())
    try:
        said = json.loads(fenced.group(1) if fenced else text, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return Unusable(f"the reply was not one JSON object: {one_line(text, _SHOWN_CHARS)!r}", again=True)
    return _checked(said)


def _checked(said: Any) -> Verdict | Unusable:
    error = next(iter(_validator().iter_errors(said)), None)
    if error is not None:
        where = ".".join(str(part) for part in error.absolute_path)
        problem = one_line(error.message, _MOST_PROBLEM_CHARS)
        return Unusable(f"{where}: {problem}" if where else problem, again=True)
    return Verdict(int(said["score"]), one_line(said["reason"], MOST_REASON_CHARS))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, unless it says a key twice: which of two scores is meant cannot be known."""
    said = dict(pairs)
    if len(said) < len(pairs):
        raise ValueError("a key is said twice")
    return said


@cache
def _validator() -> Any:
    """Of the schema without its longest reason: a longer one is kept cut, since the score does not suffer from it."""
    from jsonschema import Draft202012Validator

    reason = {name: limit for name, limit in SCHEMA["properties"]["reason"].items() if name != "maxLength"}
    return Draft202012Validator({**SCHEMA, "properties": {**SCHEMA["properties"], "reason": reason}})


def one_line(text: str, most_chars: int) -> str:
    """A model's words as a file and a table can hold them."""
    line = " ".join(text.encode("utf-8", "replace").decode("utf-8").split())  # half a surrogate pair is no UTF-8
    return line if len(line) <= most_chars else line[: most_chars - 1] + "…"
