"""How Foundry Local is told to write nothing but JSON of one schema."""

from typing import Any


def compact(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema for its grammar engine (llguidance), without white space between tokens.

    With 2.2.1, a small model that may write white space writes it until its tokens are used up.
    """
    return {**schema, "x-guidance": {"whitespace_flexible": False}}
