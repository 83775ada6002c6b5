"""What a judge replied → what it was asked for, with its reason, or why it is not. There is no default and no guess."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar

from foundry_exp.files.plain import mapping
from foundry_exp.records.score import BEST, SCALE, WORST

Parsed = TypeVar("Parsed")

MOST_REASON_CHARS = 200

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "reason": {"type": "string", "minLength": 1, "maxLength": MOST_REASON_CHARS},
        "score": {"type": "integer", "minimum": WORST, "maximum": BEST},
    },
    "required": ["reason", "score"],
    "additionalProperties": False,
}
"""The reason comes first, so that the score follows from it."""

REPLY = f'{{{{"reason": "<one short sentence>", "score": <a whole number from {SCALE}>}}}}'
"""How a reply looks, in a text that is formatted once more."""

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
    """Why a reply is not what was asked for."""

    problem: str
    retry: bool
    """Whether it is worth asking once more."""


@dataclass(frozen=True, slots=True, eq=False)  # so that it can be a key: each is there once
class Form(Generic[Parsed]):
    """A kind of reply that a judge is held to."""

    schema: dict[str, Any]
    repair: str
    """The request that follows an unusable reply; `{problem}` is what is wrong with it."""
    parse: Callable[[Mapping[str, object], str], Parsed]
    """What a reply that the schema allows comes to, and its reason on one line."""


def _whole(score: object) -> int:
    """4.0 is a whole number of JSON."""
    assert isinstance(score, int | float), "the schema lets nothing else pass"
    return int(score)


SCORE: Form[Verdict] = Form(
    SCHEMA,
    """\
That cannot be used: {problem}. Reply again with nothing but one JSON object, the reason in one short sentence:
"""
    + REPLY,
    lambda reply, reason: Verdict(_whole(reply["score"]), reason),
)


def read(text: str, finish_reason: str | None, form: Form[Parsed]) -> Parsed | Unusable:
    """A whole reply that is one JSON object of the form, alone or alone in a code fence; nothing else counts."""
    if finish_reason == CUT_OFF:
        return Unusable("the reply was cut off at scorer.judge.max_tokens", retry=False)
    if not text.strip():
        return Unusable("the reply was empty", retry=True)
    fenced = _FENCED.fullmatch(text.strip())
    try:
        reply: object = json.loads(fenced.group(1) if fenced else text, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return Unusable(f"the reply was not one JSON object: {one_line(text, _SHOWN_CHARS)!r}", retry=True)
    return _checked(reply, form)


def _checked(reply: object, form: Form[Parsed]) -> Parsed | Unusable:
    error = next(iter(_validator(form).iter_errors(reply)), None)
    if error is not None:
        where = ".".join(str(part) for part in error.absolute_path)
        problem = one_line(error.message, _MOST_PROBLEM_CHARS)
        return Unusable(f"{where}: {problem}" if where else problem, retry=True)
    said = mapping(reply)
    return form.parse(said, one_line(str(said["reason"]), MOST_REASON_CHARS))


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object, unless it says a key twice: which of the two is meant cannot be known."""
    reply = dict(pairs)
    if len(reply) < len(pairs):
        raise ValueError("a key is said twice")
    return reply


@cache
def _validator(form: Form[Any]) -> Any:
    """Of the schema without its longest reason: a longer one is kept cut, since the verdict does not suffer from it."""
    from jsonschema import Draft202012Validator

    properties = mapping(form.schema["properties"])
    reason = {name: limit for name, limit in mapping(properties["reason"]).items() if name != "maxLength"}
    return Draft202012Validator({**form.schema, "properties": {**properties, "reason": reason}})


def one_line(text: str, most_chars: int) -> str:
    """A model's words as a file and a table can hold them."""
    line = " ".join(text.encode("utf-8", "replace").decode("utf-8").split())  # half a surrogate pair is no UTF-8
    return line if len(line) <= most_chars else line[: most_chars - 1] + "…"
