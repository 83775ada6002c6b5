"""What the decision stage concludes from the cells of a report; the report only shows it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Conclusions:
    """Sentences, each whole; empty where nothing was asked or nothing can be said."""

    pick: str = ""
    """`default-summarizer: take phi-4-mini (cpu)`"""
    reasons: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()
    """What is more than chance, a sentence a pair."""
    basis: str = ""
    """How that was tested, or why it was not."""


NONE = Conclusions()
