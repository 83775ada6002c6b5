"""YAML from outside: read as plain data, or refused as YAML; never a crash, nor a file that unfolds without end."""

import re
from typing import Any

import yaml

_DEEPEST = 200
_HALF_PAIR = re.compile("[\ud800-\udfff]")
_BRACKET = re.compile(r"[\[\]{}]")

_UNFOLDED = 10
"""How many times its characters a document may unfold to: without aliases it has fewer values than characters."""


def parse(text: str) -> Any:
    """The one document of a text; raises yaml.YAMLError for whatever is wrong with it."""
    _refuse_depth(text)
    try:
        value = yaml.safe_load(text)
    except RecursionError as error:
        raise yaml.YAMLError("nested too deep") from error
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        # PyYAML hands on what a wrong date, number or tag makes its constructors raise
        msg = f"a value is none of its type ({error})"
        raise yaml.YAMLError(msg) from error
    _refuse_endless_or_half(value, _UNFOLDED * (len(text) + 1))
    return value


def reason(error: yaml.YAMLError) -> str:
    """What is wrong, in the words of the parser."""
    return str(getattr(error, "problem", None) or str(error).partition("\n")[0] or "cannot be read")


def _refuse_depth(text: str) -> None:
    """Brackets within brackets: the parser takes time by the square of their depth, 3 s for 3000."""
    depth = 0
    for bracket in _BRACKET.findall(text):
        depth += 1 if bracket in "[{" else -1
        if depth > _DEEPEST:
            raise yaml.YAMLError("nested too deep")


def _refuse_endless_or_half(value: Any, most: int) -> None:
    """Aliases of aliases can stand for more values than there is memory, or hold themselves; escapes, for no text."""
    left = [value]
    count = 0
    while left:
        count += 1
        if count > most:
            raise yaml.YAMLError("its aliases unfold to more values than can be read")
        entry = left.pop()
        if isinstance(entry, dict):
            left += [*entry, *entry.values()]
        elif isinstance(entry, list | tuple | set):
            left += entry
        elif isinstance(entry, str) and _HALF_PAIR.search(entry):
            raise yaml.YAMLError("half a surrogate pair is no text")
