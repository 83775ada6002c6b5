"""A config, or a section of one, made of plain data that its schema allows, and back.

Without pydantic, which takes 0.1 s to import: not for `--cfg`, a bad option, or the process that holds a model.

A whole number may be written `2.0`, wherever it comes from, and is 2 from here on.
"""

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints, is_typeddict

from foundry_exp.files.plain import is_list, is_mapping
from foundry_exp.records.config import WrittenConfig

REST = "arguments"
"""The field of an open section that holds the keys which are none of its own fields."""
Section = TypeVar("Section")


def build(kind: type[Section], value: Mapping[str, object]) -> Section:
    """A section; keys that it does not have are passed over, unless it is an open one."""
    section: Section = _section(kind, value)
    return section


def readable(written: Mapping[str, object]) -> WrittenConfig:
    """What can be read of a config that some release wrote, section by section."""
    sections: dict[str, Any] = {}
    unread: dict[str, str] = {}
    for name, hint in hints(WrittenConfig).items():
        try:
            sections[name] = _value(hint, written.get(name))
        except KeyError as error:
            unread[name] = f"it has no key {error}"
        except (TypeError, AttributeError):
            unread[name] = "it is no section of keys and values"
    return WrittenConfig(**{**sections, "unread": unread})


def plain(value: object) -> Any:
    """A section, or what stands in one, as a schema has it: what may be left out and was is not there."""
    if is_dataclass(value):
        section = {each.name: plain(getattr(value, each.name)) for each in fields(value) if not _unsaid(value, each)}
        rest = section.pop(REST, {})
        return section | rest
    if is_mapping(value):
        return {key: plain(entry) for key, entry in value.items()}
    return [plain(entry) for entry in value] if is_list(value) else value


def bare(hint: object) -> object:
    """A type without what is said of it."""
    origin, inside = _parts(hint)
    return bare(inside[0]) if origin is Annotated else hint


@cache
def hints(kind: object) -> dict[str, object]:
    """The types of the fields of a section, with what is said of each."""
    return get_type_hints(kind, include_extras=True)


def choices(hint: object) -> tuple[object, ...]:
    """The types that a value may be of."""
    origin, inside = _parts(hint)
    return tuple(bare(one) for one in inside) if origin in (Union, UnionType) else (hint,)


def is_open(kind: object) -> bool:
    """Whether a section has keys that its class does not name."""
    return REST in hints(kind)


def _unsaid(section: object, each: "Field[Any]") -> bool:
    """A section of a section that nobody asked for; null is no value of it."""
    return each.default is None and getattr(section, each.name) is None and _is_section(each.name, type(section))


def _is_section(name: str, kind: type) -> bool:
    return any(is_dataclass(one) for one in choices(bare(hints(kind)[name])))


def _section(kind: Any, value: Mapping[str, object]) -> Any:
    types = hints(kind)
    given = {each.name: _value(types[each.name], value[each.name]) for each in fields(kind) if _is_given(each, value)}
    if is_open(kind):
        given[REST] = _arguments(bare(types[REST]), {key: one for key, one in value.items() if key not in types})
    return kind(**given)


def _is_given(each: "Field[Any]", value: Mapping[str, object]) -> bool:
    return each.name in value or (each.name != REST and each.default is MISSING)


def _arguments(kind: object, value: Mapping[str, object]) -> dict[str, object]:
    types = hints(kind) if is_typeddict(kind) else {}
    return {key: _value(types[key], one) if key in types else one for key, one in value.items()}


def _value(hint: object, value: object) -> object:
    options = [one for one in choices(bare(hint)) if one is not NoneType]
    if value is None or _parts(options[0])[0] is Literal:
        return value
    if isinstance(value, float) and value.is_integer() and int in options and float not in options:
        return int(value)
    return _compound(_meant(options, value), value)


def _compound(kind: object, value: object) -> object:
    if isinstance(kind, type) and is_dataclass(kind):
        return _section(kind, _mapping(value))
    if is_typeddict(kind):
        return _arguments(kind, _mapping(value))
    origin, inside = _parts(kind)
    if origin is tuple and is_list(value):
        return tuple(_value(inside[0], entry) for entry in value)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {key: _value(inside[1], entry) for key, entry in _mapping(value).items()}
    return value


def _mapping(value: object) -> Mapping[str, object]:
    if is_mapping(value):
        return value
    msg = f"a mapping is needed, got {value!r}"
    raise TypeError(msg)


def _parts(kind: object) -> tuple[object, tuple[object, ...]]:
    """A type's origin and its arguments, as in tuple[int, ...]."""
    return get_origin(kind), get_args(kind)


def _meant(options: list[object], value: object) -> object:
    """Of several sections the one whose class the value names; of others the one that holds more than one value."""
    if len(options) == 1:
        return options[0]
    if all(is_dataclass(one) for one in options):
        target = _mapping(value)["_target_"]
        return next((one for one in options if target in _parts(bare(hints(one)["_target_"]))[1]), options[-1])
    return next((one for one in options if _parts(one)[0] is tuple), options[0])
