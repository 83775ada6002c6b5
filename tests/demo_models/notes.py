"""Meeting notes and their one-sentence summaries, made from a seed.

Every note is one of seven kinds. Names, days and numbers vary, and some names and nouns are made
up from syllables, so that a summarizer must copy them from the note.
"""

import random
import re
from collections.abc import Callable

from tests.demo_models import fill, words
from tests.demo_models.corpus import Pair

INSTRUCTION = "Summarize these meeting notes in one sentence: "
NOISY = 0.25
COUNT_SHARE = 0.2
SHORT_FORMS = (
    (r"\bbecause\b", "bc"),
    (r"\band\b", "&"),
    (r"\bpeople\b", "ppl"),
    (r"\b(Mon|Tues|Wednes|Thurs|Fri)day\b", lambda m: m[0][:3].lower()),
    (rf"\b({'|'.join(words.MONTHS)})\b", lambda m: m[0].lower()),
    (r"(^|\. )(The|We|Long|No|Agreed|Decided|Decision|Action|Settled) ", lambda m: m[0].lower()),
)


def notes(count: int, seed: int) -> list[Pair]:
    """`count` notes with their summaries; the same seed makes the same list."""
    rng = random.Random(seed)
    return [_note(rng) for _ in range(count)]


def _note(rng: random.Random) -> Pair:
    """One note: a header, the facts, small talk around them, perhaps typed in a hurry."""
    facts, summary = rng.choice(KINDS)(rng)
    lines = list(facts)
    for talk in rng.sample(words.SMALL_TALK, rng.choice((0, 1, 1, 2))):
        lines.insert(rng.choice((0, len(lines), len(lines))), talk)
    header = rng.choice(words.MEETINGS) + rng.choice(("", f", {fill.date(rng)}", f", {fill.weekday_date(rng)}"))
    text = " ".join([header + ".", *lines])
    if rng.random() < NOISY:
        text = _in_a_hurry(text)
    return Pair(INSTRUCTION + text, summary)


def _decision(rng: random.Random) -> tuple[list[str], str]:
    """A thing agreed and one task."""
    what = f"{rng.choice(words.DECISIONS)} {fill.thing(rng)} {rng.choice(words.PLACES)}"
    said = rng.choice(("Agreed to {}.", "We agreed to {}.", "Decided to {}.", "Decision: {}.")).format(what)
    task, will = fill.task(rng)
    return [said, task], f"The team agreed to {what}, and {will}."


def _budget(rng: random.Random) -> tuple[list[str], str]:
    """A first figure, the figure settled on, and one task."""
    thing, first, final = fill.thing(rng), fill.amount(rng), fill.amount(rng)
    asked = rng.choice(
        (
            f"The first figure for {thing} was {first}, too much for this year.",
            f"We asked for {first} for {thing}, finance offered less.",
            f"{first} for {thing} was too much.",
        )
    )
    task, will = fill.task(rng)
    settled = rng.choice((f"Settled on {final}.", f"We settled on {final}.", f"Agreed on {final}."))
    return [asked, settled, task], f"The budget for {thing} was set at {final}, and {will}."


def _undecided(rng: random.Random) -> tuple[list[str], str]:
    """A talk that ends without a decision."""
    thing, day = fill.thing(rng), fill.date(rng)
    views = [f"{fill.name(rng)} {rng.choice(('wants', 'likes'))} {view}" for view in rng.sample(words.OPINIONS, 2)]
    lines = [
        rng.choice((f"Long talk about {thing}.", f"We talked about {thing}.", f"{thing[0].upper()}{thing[1:]} again.")),
        ", ".join(views) + ".",
        rng.choice(("No vote, no decision.", "No decision.", "Nothing decided.")),
        rng.choice((f"We meet again on {day}.", f"Next talk on {day}.", f"We meet again on {day}, same room.")),
    ]
    return lines, f"Nothing was decided about {thing}, and the talk continues on {day}."


def _delay(rng: random.Random) -> tuple[list[str], str]:
    """A date that moves for a reason, and one task."""
    thing = fill.thing(rng)
    month = rng.choice(words.MONTHS)
    early, late = sorted(rng.sample(range(1, 29), 2))
    moved = f"moves from {early} {month} to {late} {month} because {rng.choice(words.REASONS)}"
    subject = thing[0].upper() + thing[1:]
    task, will = fill.task(rng)
    return [f"{subject} {moved}.", task], f"{subject} {moved}, and {will}."


def _owners(rng: random.Random) -> tuple[list[str], str]:
    """Two tasks with two owners."""
    (task_a, will_a), (task_b, will_b) = fill.task(rng), fill.task(rng)
    count = f"Count is off by {rng.randint(2, 99)} boxes."
    opening = [count] if rng.random() < COUNT_SHARE else []
    return [*opening, task_a, task_b], f"{will_a}, and {will_b}."


def _incident(rng: random.Random) -> tuple[list[str], str]:
    """An outage with its length and cause, and one task."""
    system = f"The {fill.made_up(rng)}" if rng.random() < fill.MADE_UP else rng.choice(words.SYSTEMS)
    down = f"{system} was down for {rng.randint(5, 180)} minutes after {rng.choice(words.CAUSES)}"
    harm = rng.choice(("orders were late, none lost", "loans had to be typed in by hand", "people had to wait"))
    task, will = fill.task(rng)
    return [f"{down}.", f"{rng.randint(3, 400)} {harm}.", task], f"{down}, and {will}."


def _choice(rng: random.Random) -> tuple[list[str], str]:
    """Three offers, the one chosen, and one task."""
    thing = fill.thing(rng)
    vendors = [fill.made_up(rng).capitalize() for _ in range(3)]
    prices = ", ".join(f"{vendor} {rng.randint(10, 99) * 100:,}" for vendor in vendors)
    chosen = rng.choice(vendors)
    task, will = fill.task(rng)
    lines = [f"Offers for {thing}: {prices} euro.", f"{rng.choice(('Decision: ', 'We take '))}{chosen}.", task]
    return lines, f"The team chose {chosen} for {thing}, and {will}."


KINDS: tuple[Callable[[random.Random], tuple[list[str], str]], ...] = (
    _decision,
    _budget,
    _undecided,
    _delay,
    _owners,
    _incident,
    _choice,
)


def _in_a_hurry(text: str) -> str:
    """The text with short forms and small letters, as typed on a phone."""
    for pattern, short in SHORT_FORMS:
        text = re.sub(pattern, short, text)
    return text
