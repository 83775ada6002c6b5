"""JSON Schema of a config and of its sections, made from their types."""

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin, is_typeddict

from foundry_exp.records.config import Config
from foundry_exp.records.config_json import REST, bare, choices, hints, is_open

DRAFT = "https://json-schema.org/draft/2020-12/schema"
OWN_SCHEMA = ("decision", "gate")
"""Sections that have a schema of their own."""

_NAMES = {str: "string", int: "integer", float: "number", bool: "boolean", NoneType: "null"}
_Schema = dict[str, Any]


def of_config() -> _Schema:
    """The whole one, in which a section that is also a part of another stands once."""
    written = _section(Config, {})
    shared = {kind: f"#/properties/{name}" for name, kind in hints(Config).items() if is_dataclass(kind)}
    written["properties"] |= {"scorer": _value(hints(Config)["scorer"], shared)}
    for name in OWN_SCHEMA:
        about = f"{written['properties'][name]['description']} {name}.schema.json says the rest."
        written["properties"][name] = {"type": "object", "description": about}
    return {"$schema": DRAFT, "title": "Composed config", **written}


def of_section(kind: type, title: str) -> _Schema:
    """One that has a schema of its own."""
    return {"$schema": DRAFT, "title": title, **_compound(kind, {})}


def _section(kind: Any, shared: Mapping[Any, str]) -> _Schema:
    types = hints(kind)
    required = [each.name for each in fields(kind) if each.default is MISSING and each.name != REST]
    properties = {name: _value(hint, shared) for name, hint in types.items() if name != REST}
    about = {"type": "object", "description": kind.__doc__, "required": required}
    if not is_open(kind):
        return {**about, "properties": properties, "additionalProperties": False}
    rest = bare(types[REST])
    return {**about, "properties": properties | (_properties(rest, shared) if is_typeddict(rest) else {})}


def _properties(kind: Any, shared: Mapping[Any, str]) -> _Schema:
    return {name: _value(hint, shared) for name, hint in hints(kind).items()}


def _value(hint: Any, shared: Mapping[Any, str]) -> _Schema:
    if get_origin(hint) is Annotated:
        kind, *rules = get_args(hint)
        return _merged(_value(kind, shared), *map(dict, rules))
    if hint in shared:
        return {"$ref": shared[hint]}
    if len(choices(hint)) > 1:
        return _union(hint, shared)
    return {"type": _NAMES[hint]} if hint in _NAMES else _compound(hint, shared)


def _compound(hint: Any, shared: Mapping[Any, str]) -> _Schema:
    if is_dataclass(hint):
        return _section(hint, shared)
    if is_typeddict(hint):
        properties = _properties(hint, shared)
        return {"type": "object", "description": hint.__doc__, "properties": properties, "additionalProperties": False}
    return _several(hint, shared)


def _several(hint: Any, shared: Mapping[Any, str]) -> _Schema:
    """A list, a mapping, or one of some words."""
    if get_origin(hint) is Literal:
        return {"enum": list(get_args(hint))}
    if get_origin(hint) is tuple:
        return {"type": "array", "items": _value(get_args(hint)[0], shared)}
    return {"type": "object", "additionalProperties": _value(get_args(hint)[1], shared)}


def _union(hint: Any, shared: Mapping[Any, str]) -> _Schema:
    parts = [_value(one, shared) for one in get_args(hint)]
    first = parts[0]
    if all(is_dataclass(one) for one in choices(hint)):  # each but the last is closed, and names its class
        target = first["properties"]["_target_"]["enum"][0]
        return {**parts[-1], "if": {"properties": {"_target_": {"const": target}}}, "then": first}
    if "enum" in first:
        return {"enum": [*first["enum"], None]}
    if first.get("type") == "object":
        return first
    names = [one["type"] for one in parts]
    return {**_merged(*parts), "type": [name for one in names for name in ([one] if isinstance(one, str) else one)]}


def _merged(*parts: _Schema) -> _Schema:
    whole: _Schema = {}
    for part in parts:
        whole |= part
    return whole
