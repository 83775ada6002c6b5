"""The options of one facet, which the schema of prompts has checked, read as what they are."""

from collections.abc import Mapping

Options = Mapping[str, object]


def text(options: Options, key: str) -> str:
    """A text that has to be there."""
    return str(options[key])


def flag(options: Options, key: str, *, default: bool) -> bool:
    """True or false."""
    return bool(options.get(key, default))


def number(options: Options, key: str) -> float | None:
    """A number, as it was written; null where there is none."""
    value = options.get(key)
    return value if isinstance(value, int | float) else None
