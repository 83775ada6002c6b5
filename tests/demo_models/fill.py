"""What varies in a generated note: tasks, things, names, days and sums, drawn from the words."""

import random

from tests.demo_models import words

MADE_UP = 0.3
ADJECTIVE_SHARE = 0.4


def task(rng: random.Random) -> tuple[str, str]:
    """A task as a note has it, and as a summary has it."""
    base, third = rng.choice(words.VERBS)
    who, what = name(rng), thing(rng)
    when = rng.choice((rng.choice(words.DAYS), date(rng)))
    said = rng.choice(
        (f"{who} {third} {what} by {when}.",) * 2
        + (f"{who} to {base} {what} by {when}.", f"Action: {who} {third} {what} by {when}.")
    )
    return said, f"{who} will {base} {what} by {when}"


def thing(rng: random.Random) -> str:
    """A noun with its article, at times with an adjective, at times made up."""
    noun = made_up(rng) if rng.random() < MADE_UP else rng.choice(words.NOUNS)
    return f"the {rng.choice(words.ADJECTIVES)} {noun}" if rng.random() < ADJECTIVE_SHARE else f"the {noun}"


def name(rng: random.Random) -> str:
    """A person's name, at times a made-up one."""
    return made_up(rng).capitalize() if rng.random() < MADE_UP else rng.choice(words.NAMES)


def made_up(rng: random.Random) -> str:
    """Two or three syllables that no list holds."""
    return "".join(rng.choices(words.SYLLABLES, k=rng.choice((2, 2, 3)))) + rng.choice(words.ENDINGS)


def date(rng: random.Random) -> str:
    """A day and a month."""
    return f"{rng.randint(1, 30)} {rng.choice(words.MONTHS)}"


def weekday_date(rng: random.Random) -> str:
    """A date with its short weekday."""
    return f"{rng.choice(words.DAYS)[:3]} {date(rng)}"


def amount(rng: random.Random) -> str:
    """A sum of money in steps of fifty."""
    return f"{rng.randint(4, 300) * 50:,} euro"
