"""What JSON and YAML are read into, told apart: `isinstance` alone leaves what is inside without a type."""

from collections.abc import Mapping, Sequence
from typing import TypeGuard


def is_mapping(value: object) -> TypeGuard[Mapping[str, object]]:
    """Whether it is an object of JSON."""
    return isinstance(value, Mapping)


def is_list(value: object) -> TypeGuard[list[object] | tuple[object, ...]]:
    """Whether it is an array of JSON, read or about to be written."""
    return isinstance(value, list | tuple)


def mapping(value: object) -> Mapping[str, object]:
    """The keys of an object of JSON; none of anything else."""
    return value if is_mapping(value) else {}


def entries(value: object) -> Sequence[object]:
    """The entries of an array of JSON; none of anything else."""
    return value if is_list(value) else ()


def texts(value: object) -> list[str]:
    """The entries of an array of JSON that are text; none of anything else."""
    return [entry for entry in entries(value) if isinstance(entry, str)]
