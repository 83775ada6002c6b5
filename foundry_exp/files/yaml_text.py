"""YAML from outside: read as plain data, or refused as YAML; never a crash, nor a file that unfolds without end."""

import re
from typing import Any

import yaml

from foundry_exp.files.plain import is_mapping

_DEEPEST = 200
_HALF_PAIR = re.compile("[\ud800-\udfff]")
_BRACKET = re.compile(r"[\[\]{}]")
_NESTED_IN_LINE = re.compile(r"(?:[-?] ){20}")
_LONGEST_QUICK = 100_000
"""Characters; libyaml takes no more, since what is nested without end would end the process."""

_UNFOLDED = 10
"""How many times its characters a document may unfold to: without aliases it has fewer values than characters."""


def parse(text: str, *, quick: bool = False) -> Any:
    """The one document of a text; raises yaml.YAMLError for whatever is wrong with it.

    `quick` is for what this tool wrote itself: by libyaml, where PyYAML has it, a run's config takes 0.6 ms instead of
    8 ms, and a report reads one of every cell; but its complaints are others.
    """
    _refuse_depth(text)
    loader = yaml.SafeLoader if not quick or _is_deep(text) else getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        value: object = _only_document(loader(text))
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


def _is_deep(text: str) -> bool:
    return len(text) > _LONGEST_QUICK or _NESTED_IN_LINE.search(text) is not None


def _only_document(loader: Any) -> Any:
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()


def _refuse_depth(text: str) -> None:
    """Brackets within brackets: the parser takes time by the square of their depth, 3 s for 3000."""
    depth = 0
    brackets: list[str] = _BRACKET.findall(text)
    for bracket in brackets:
        depth += 1 if bracket in "[{" else -1
        if depth > _DEEPEST:
            raise yaml.YAMLError("nested too deep")


def _refuse_endless_or_half(value: object, most: int) -> None:
    """Aliases of aliases can stand for more values than there is memory, or hold themselves; escapes, for no text."""
    left: list[object] = [value]
    count = 0
    while left:
        count += 1
        if count > most:
            raise yaml.YAMLError("its aliases unfold to more values than can be read")
        entry = left.pop()
        if is_mapping(entry):
            left += [*entry, *entry.values()]
        elif isinstance(entry, list | tuple | set):
            left += entry
        elif isinstance(entry, str) and _HALF_PAIR.search(entry):
            raise yaml.YAMLError("half a surrogate pair is no text")
