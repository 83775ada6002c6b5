"""The training text as chats: a mix of generated notes, questions and the shipped prompts."""

import json
import random
from dataclasses import dataclass

from foundry_exp.files.shipped_files import shipped
from foundry_exp.prompts import prompt_sets
from tests.demo_models.corpus import Pair, questions
from tests.demo_models.notes import notes

HELD_OUT = "held-out"
SYSTEM_TEXTS = (
    "You are a helpful assistant.",
    "You are a concise assistant.",
    "Answer briefly and in plain words.",
    "Follow the instructions of the user.",
)
SYSTEM_SHARE = 0.3
SECOND_TURN_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class Mix:
    """What share of the lessons is of which kind; the rest are questions."""

    notes: float
    shipped: float
    """Shipped prompts, word for word."""


FULL = Mix(notes=0.55, shipped=0.1)
MOSTLY_NOTES = Mix(notes=0.85, shipped=0.0)


@dataclass(frozen=True, slots=True)
class Lesson:
    """A chat up to the assistant's turn, and the answer to learn."""

    messages: tuple[tuple[str, str], ...]
    """Role and content of each turn."""
    answer: str


def shipped_pairs() -> list[Pair]:
    """The shipped prompts with their answers, without those tagged held-out."""
    sets = shipped("prompts") / "sets"
    entries = json.loads((sets / "meeting-notes.json").read_text(encoding="utf-8"))
    pairs = [Pair(entry["prompt"], entry["reference"]) for entry in entries if HELD_OUT not in entry["tags"]]
    answers = {pair.prompt: pair for pair in questions()}
    for name in ("workshop.json", "deterministic.json"):
        pairs += [answers[sample.messages[-1].content] for sample in prompt_sets.load(sets / name, name).samples]
    return pairs


def lessons(count: int, seed: int, mix: Mix) -> list[Lesson]:
    """`count` lessons in a shuffled mix; the same seed makes the same list."""
    rng = random.Random(seed)
    fresh = iter(notes(count, seed))
    every_question, word_for_word = questions(), shipped_pairs()
    course = []
    for _ in range(count):
        draw = rng.random()
        if draw < mix.notes:
            pair = next(fresh)
        elif draw < mix.notes + mix.shipped:
            pair = rng.choice(word_for_word)
        else:
            pair = rng.choice(every_question)
        course.append(Lesson(_turns(pair, every_question, rng), pair.answer))
    return course


def _turns(pair: Pair, others: list[Pair], rng: random.Random) -> tuple[tuple[str, str], ...]:
    """The prompt as a chat, at times after a system text or an earlier question."""
    turns = [("user", pair.prompt)]
    if rng.random() < SECOND_TURN_SHARE:
        earlier = rng.choice(others)
        turns = [("user", earlier.prompt), ("assistant", earlier.answer), *turns]
    if rng.random() < SYSTEM_SHARE:
        turns = [("system", rng.choice(SYSTEM_TEXTS)), *turns]
    return tuple(turns)
