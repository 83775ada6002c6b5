"""What people score: every different answer once, under a name that says nothing of where it is from."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from foundry_exp.prompts.prompt_sets import one_text
from foundry_exp.protocols import Answer

# Consonants alone: no spreadsheet takes them for a number, a date or a formula, and no word comes of them.
_LETTERS = "bcdfghjkmnpqrstvwxyz"
_ID_LETTERS = 10


@dataclass(frozen=True, slots=True)
class Item:
    """One answer to one prompt, wherever it was given."""

    item_id: str
    prompt: str
    answer: str
    reference: str | None
    answers: tuple[Answer, ...]
    """Of every run, round and model that gave it."""


def distinct(answers: Sequence[Answer], secret: str) -> dict[str, Item]:
    """The items of answers by their ids; equal texts to equal prompts are one."""
    by_id: dict[str, list[Answer]] = {}
    for answer in answers:
        by_id.setdefault(blind_name(secret, answer.sample.digest, answer.record.text), []).append(answer)
    return {item_id: _item(item_id, same) for item_id, same in by_id.items()}


def shuffled(item_ids: Sequence[str], secret: str, annotator: str) -> tuple[str, ...]:
    """The order in which one person sees items: everybody's own, and the same every time."""
    return tuple(sorted(item_ids, key=lambda item_id: secret_digest(secret, annotator, item_id)))


def blind_name(secret: str, *parts: str) -> str:
    """Letters that stand for texts, and tell nothing of them."""
    return _letters(secret_digest(secret, *parts))


def secret_digest(secret: str, *parts: str) -> bytes:
    """HMAC-SHA256 of texts: without the secret nobody can tell what it is of."""
    message = b"".join(hashlib.sha256(part.encode("utf-8", "surrogatepass")).digest() for part in parts)
    return hmac.new(secret.encode(), message, "sha256").digest()


def _item(item_id: str, same: Sequence[Answer]) -> Item:
    sample = same[0].sample
    return Item(item_id, one_text(sample.messages, "\n\n"), same[0].record.text, sample.reference, tuple(same))


def _letters(digest: bytes) -> str:
    number, letters = int.from_bytes(digest, "big"), ""
    for _ in range(_ID_LETTERS):
        number, place = divmod(number, len(_LETTERS))
        letters += _LETTERS[place]
    return letters
