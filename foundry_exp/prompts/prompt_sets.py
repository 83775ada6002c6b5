"""Prompt sets: a JSON list or JSON lines, of strings or objects, read and checked whole before a run.

Facets are kept as they are written: `scores.facets` knows what they may say.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foundry_exp.errors import ConfigError
from foundry_exp.files import json_schema, user_text
from foundry_exp.files.digest import digest_of
from foundry_exp.prompts import rubric
from foundry_exp.records.fingerprint import digest_of_prompts
from foundry_exp.records.record import Message, Sample

MAX_FILE_BYTES = 50_000_000
_LINES = (".jsonl", ".ndjson")
"""Endings of a file that holds a prompt a line."""


@dataclass(frozen=True, slots=True)
class PromptSet:
    """The prompts of one file, in its order."""

    name: str
    samples: tuple[Sample, ...]
    digest: str
    """SHA-256 over what is asked, first 16 hex digits; what is expected of the answers is no part of it."""


def load(path: Path, name: str) -> PromptSet:
    """Read a prompt set, or raise ConfigError saying which entry of the file is wrong and how."""
    return _checked(_entries(path), name, str(path))


def single(text: str, name: str) -> PromptSet:
    """A set of one prompt that the config itself holds."""
    return _checked([text], name, "prompts.text")


def one_text(messages: Sequence[Message], between: str = "\n") -> str:
    """What is asked; the turns of a conversation are named."""
    if len(messages) == 1:
        return messages[0].content
    return between.join(f"{message.role}: {message.content}" for message in messages)


def _checked(entries: list[Any], name: str, where: str) -> PromptSet:
    if not entries:
        msg = f"{where}: holds no prompt; add at least one."
        raise ConfigError(msg)
    json_schema.check(entries, "prompts", where)
    samples = tuple(_sample(entry, number, where) for number, entry in enumerate(entries, start=1))
    _refuse_duplicates(samples, where)
    for number, sample in enumerate(samples, start=1):
        if sample.rubric is not None:
            rubric.find(sample.rubric, f"{where}: entry {number} ({sample.sample_id}): rubric")
    return PromptSet(name, samples, digest_of_prompts(samples))


def _entries(path: Path) -> list[Any]:
    text = user_text.read(path, most_bytes=MAX_FILE_BYTES, too_large="; split the prompt set.", kind="JSON")
    if path.suffix.lower() in _LINES:
        return [_parse(line, path, number) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    entries = _parse(text, path) if text.strip() else []
    if not isinstance(entries, list):
        msg = f"{path}: must be a list of prompts, got {type(entries).__name__}; wrap it in [ ]."
        raise ConfigError(msg)
    return entries


def _parse(text: str, path: Path, line: int | None = None) -> Any:
    """What a file holds, or one line of it."""
    where = f"{path}:{line}" if line else str(path)
    try:
        return json.loads(
            text, parse_constant=user_text.refuse_constant, object_pairs_hook=lambda pairs: _unrepeated(pairs, where)
        )
    except json.JSONDecodeError as error:
        msg = f"{path}:{line or error.lineno}: not JSON ({error.msg}); correct the file."
        raise ConfigError(msg) from error
    except (ValueError, RecursionError) as error:  # NaN, or a number of more digits than Python reads
        reason = "nested too deep" if isinstance(error, RecursionError) else str(error)
        msg = f"{where}: not JSON ({reason}); correct the file."
        raise ConfigError(msg) from error


def _unrepeated(pairs: list[tuple[str, Any]], where: str) -> dict[str, Any]:
    """An object none of whose facets would be lost to a second key of the same name."""
    entry = dict(pairs)
    if (name := user_text.repeated_key(pairs)) is not None:
        msg = f"{where}: {entry.get('id', 'an entry')}: the key {name!r} is there twice; keep one."
        raise ConfigError(msg)
    return entry


def _sample(entry: str | dict[str, Any], number: int, where: str) -> Sample:
    fields: dict[str, Any] = {"prompt": entry} if isinstance(entry, str) else entry
    turns = fields.get("messages") or [{"role": "user", "content": fields["prompt"]}]
    messages, answer = _without_answer(tuple(Message(turn["role"], turn["content"]) for turn in turns))
    reference = fields.get("reference")
    if answer is not None:
        reference = _reference(reference, answer, messages, f"{where}: entry {number}")
    try:
        digest_of(fields)  # of the whole, since ids, references and facets are written to files too
        digest = digest_of([[message.role, message.content] for message in messages])
    except UnicodeEncodeError as error:
        msg = f"{where}: entry {number}: holds half a surrogate pair, which is no text; correct the escape."
        raise ConfigError(msg) from error
    if any("\0" in message.content for message in messages):
        msg = f"{where}: entry {number}: holds a NUL character, which no runtime takes; remove it."
        raise ConfigError(msg)
    return Sample(
        sample_id=fields.get("id", f"prompt-{number}"),
        messages=messages,
        digest=digest,
        tags=tuple(fields.get("tags", ())),
        reference=reference,
        max_tokens=int(most) if (most := fields.get("max_tokens")) is not None else None,  # which may be written 8.0
        facets=tuple(fields.get("facets", ())),
        rubric=fields.get("rubric"),
    )


def _without_answer(messages: tuple[Message, ...]) -> tuple[tuple[Message, ...], str | None]:
    """What is asked, and the answer that ends a line of a fine-tuning set."""
    if messages[-1].role != "assistant":
        return messages, None
    return messages[:-1], messages[-1].content


def _reference(own: str | None, answer: str, asked: Sequence[Message], where: str) -> str:
    """The answer that the line brings: sent with the prompt, it would give itself away."""
    if not asked or asked[-1].role == "assistant":
        msg = f"{where}: messages must be a prompt, or a prompt and one answer to it, its reference; mend them."
        raise ConfigError(msg)
    if own not in (None, answer):
        msg = f"{where}: ends in an answer and has another reference; the answer is the reference, so keep one of them."
        raise ConfigError(msg)
    return answer


def _refuse_duplicates(samples: tuple[Sample, ...], where: str) -> None:
    seen: dict[str, int] = {}
    for number, sample in enumerate(samples, start=1):
        if sample.sample_id in seen:
            msg = (
                f"{where}: entries {seen[sample.sample_id]} and {number} have the same id {sample.sample_id!r}; "
                f"give each its own."
            )
            raise ConfigError(msg)
        seen[sample.sample_id] = number
