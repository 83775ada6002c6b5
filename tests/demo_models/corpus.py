"""Questions and answers: every topic asked in many ways, answered in the form that was asked.

A question that names a number gets that many sentences or list items; one that names none gets
two sentences, or three items.
"""

from dataclasses import dataclass

from tests.demo_models.topic_lists import LISTS, SCENARIOS
from tests.demo_models.topics import SENTENCES, Kind, Topic


@dataclass(frozen=True, slots=True)
class Pair:
    """A prompt and the answer the models are trained to give."""

    prompt: str
    answer: str


NUMBERS = {1: ("1", "one"), 2: ("2", "two"), 3: ("3", "three"), 4: ("4", "four")}

# {n} is the number as asked, {unit} is "sentence" or "sentences".
COUNTED: dict[Kind, tuple[str, ...]] = {
    "explain": (
        "Explain the principle of {subject} in {n} {unit}.",
        "Explain {subject} in {n} {unit}.",
        "Summarize {subject} in {n} {unit}.",
        "Describe {subject} in {n} {unit}.",
    ),
    "why": (
        "Summarize why {subject} in {n} {unit}.",
        "Explain why {subject} in {n} {unit}.",
        "In {n} {unit}, explain why {subject}.",
    ),
    "when": (
        "Explain when to {subject} in {n} {unit}.",
        "In {n} {unit}, say when to {subject}.",
    ),
    "list": (
        "List {n} {subject}.",
        "Name {n} {subject}.",
        "Give me {n} {subject}.",
        "What are {n} {subject}?",
    ),
    "scenario": (
        "Provide {n} scenarios where {subject}.",
        "Describe {n} scenarios where {subject}.",
        "Give me {n} scenarios where {subject}.",
    ),
}

UNCOUNTED: dict[Kind, tuple[str, ...]] = {
    "explain": (
        "Summarize {subject}.",
        "Explain {subject}.",
        "Explain the principle of {subject}.",
        "What is {subject}?",
        "Describe {subject}.",
    ),
    "why": (
        "Summarize why {subject}.",
        "Explain why {subject}.",
        "Tell me why {subject}.",
    ),
    "when": (
        "Explain when to {subject}.",
        "When should I {subject}?",
        "Tell me when to {subject}.",
    ),
    "list": ("List {subject}.", "What are {subject}?"),
    "scenario": ("Provide scenarios where {subject}.", "When is it true that {subject}?"),
}

ITEMS_UNCOUNTED = 3
SENTENCES_UNCOUNTED = 2


def questions() -> list[Pair]:
    """Every topic in every frame and number, each question once."""
    pairs: dict[str, Pair] = {}
    for topic in (*SENTENCES, *LISTS, *SCENARIOS):
        for pair in _counted(topic) + _uncounted(topic):
            pairs.setdefault(pair.prompt, pair)
    return list(pairs.values())


def answer(topic: Topic, count: int) -> str:
    """The first `count` parts: a numbered list, or sentences on one line."""
    parts = topic.parts[:count]
    if topic.kind in ("list", "scenario"):
        return "\n".join(f"{number}. {part}" for number, part in enumerate(parts, 1))
    return " ".join(parts)


def _counted(topic: Topic) -> list[Pair]:
    """The questions that name a number."""
    least = 2 if topic.kind in ("list", "scenario") else 1
    return [
        Pair(
            frame.format(subject=topic.subject, n=number, unit=_unit(count)),
            answer(topic, count),
        )
        for count in range(least, len(topic.parts) + 1)
        for number in NUMBERS[count]
        for frame in COUNTED[topic.kind]
    ]


def _uncounted(topic: Topic) -> list[Pair]:
    """The questions that leave the number open."""
    items = topic.kind in ("list", "scenario")
    count = ITEMS_UNCOUNTED if items else SENTENCES_UNCOUNTED
    return [Pair(frame.format(subject=topic.subject), answer(topic, count)) for frame in UNCOUNTED[topic.kind]]


def _unit(count: int) -> str:
    """The unit of a counted answer, singular for one."""
    return "sentence" if count == 1 else "sentences"
