"""What is wrong with one answer: cut off, empty or degenerate, or with a token count that cannot be true of it."""

import unicodedata
from collections.abc import Callable, Mapping
from typing import Protocol

from foundry_exp.metrics.request import content_ns
from foundry_exp.records.record import Record, Usage

SHORTEST = 12
"""Words (or characters, in text without spaces) that an answer needs before repetition can be judged."""
GRAM = 4
"""Words (or characters) that are looked at together."""
REPEATED_SHARE = 0.5
JUNK_SHARE = 0.5

_LONGEST_WORD = 20  # mean letters a word; above it the text does not separate its words with spaces
_JUNK_CATEGORIES = frozenset({"Cc", "Cn", "Co", "Cs"})  # control, unassigned, private use, surrogate
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


class Answered(Protocol):
    """What of a request tells how its answer ended and reads: a record, or what is kept of one."""

    @property
    def text(self) -> str:
        """The answer."""
        ...

    @property
    def reasoning(self) -> str:
        """What came before it."""
        ...

    @property
    def finish_reason(self) -> str | None:
        """Why it ended."""
        ...


def is_truncated(answer: Answered) -> bool:
    """Whether the answer was cut off by its token limit: finish_reason is `length`."""
    return answer.finish_reason == "length"


def is_empty(record: Record) -> bool:
    """Whether nothing was answered: only white space, and no tool was called. Reasoning is no answer."""
    return not record.text.strip() and "tool" not in record.event_kinds


def is_degenerate(answer: Answered) -> bool:
    """Whether the text or the reasoning repeats itself endlessly or is not text."""
    return any(repeats_endlessly(part) or is_not_text(part) for part in (answer.text, answer.reasoning))


def repeats_endlessly(text: str) -> bool:
    """Whether more than half of the runs of four words occurred before; fewer than twelve words: no."""
    units = _units(text)
    if len(units) < SHORTEST:
        return False
    grams = [units[start : start + GRAM] for start in range(len(units) - GRAM + 1)]
    return 1 - len(set(grams)) / len(grams) > REPEATED_SHARE


def is_not_text(text: str) -> bool:
    """Whether more than half of the characters, white space aside, are control or replacement characters."""
    characters = [character for character in text if not character.isspace()]
    junk = sum(_is_junk(character) for character in characters)
    return junk > JUNK_SHARE * len(characters)


def _units(text: str) -> tuple[str, ...]:
    """The words; in text that does not put spaces between its words, the characters."""
    words = tuple(text.split())
    letters = "".join(words)
    return words if len(letters) <= _LONGEST_WORD * len(words) else tuple(letters)


def _is_junk(character: str) -> bool:
    return character == _REPLACEMENT or unicodedata.category(character) in _JUNK_CATEGORIES


FLAGS: dict[str, Callable[[Record], bool]] = {
    "truncated_rate": is_truncated,
    "empty_rate": is_empty,
    "degenerate_rate": is_degenerate,
}
"""The share that each flag makes."""


def contradictions(record: Record, max_tokens: int | None = None) -> tuple[str, ...]:
    """What is wrong with the usage of a successful record, one clause each."""
    usage = record.usage
    if usage is None or record.error is not None:
        return ()
    clauses = {
        "0 completion tokens with an answer": usage.completion_tokens <= 0 and _answered(record),
        "completion tokens without any content": usage.completion_tokens > 0 and not _answered(record),
        "more completion tokens than max_tokens": max_tokens is not None and usage.completion_tokens > max_tokens,
        "fewer completion tokens than content events": _fewer_than_events(record, usage),
        "0 prompt tokens": usage.prompt_tokens <= 0,
        "more cached than prompt tokens": (usage.cached_tokens or 0) > usage.prompt_tokens,
    }
    return tuple(clause for clause, applies in clauses.items() if applies)


def limit_of(sample_id: str, max_tokens: int | Mapping[str, int] | None) -> int | None:
    """The token limit of one prompt, from one limit for all or one a prompt."""
    return max_tokens.get(sample_id) if isinstance(max_tokens, Mapping) else max_tokens


def _answered(record: Record) -> bool:
    return bool(content_ns(record) or record.text or record.reasoning)


def _fewer_than_events(record: Record, usage: Usage) -> bool:
    return 0 < usage.completion_tokens < len(content_ns(record))
