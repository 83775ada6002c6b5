"""JSON Schema at the edges: what comes from a user is checked before anything runs."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import isfinite
from typing import Any

from foundry_exp.errors import ConfigError, near
from foundry_exp.files import shipped_files
from foundry_exp.files.plain import entries, mapping, texts


@cache
def load_schema(name: str) -> dict[str, object]:
    """One of the shipped schemas, by the name before `.schema.json`."""
    path = shipped_files.shipped("schemas") / f"{name}.schema.json"
    schema: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
    return schema


def check(value: object, schema_name: str, where: str) -> None:
    """Raise ConfigError for the first thing in `value` that its schema does not allow."""
    from jsonschema.exceptions import best_match

    error = best_match(_validator()(load_schema(schema_name)).iter_errors(value))
    if error is None:
        return
    broken = _Broken(error.validator, error.validator_value, mapping(error.schema), error.instance, error.message)
    msg = f"{': '.join([*filter(None, [where]), *_key(list(error.absolute_path))])}: {_complaint(broken)}"
    raise ConfigError(msg)


@cache
def _validator() -> Any:
    """One for which NaN and infinity, which YAML can write and JSON cannot, are no numbers."""
    from jsonschema import Draft202012Validator, validators

    extend: Any = validators.extend
    numbers = Draft202012Validator.TYPE_CHECKER

    def is_number(_: object, value: object) -> bool:
        return numbers.is_type(value, "number") and not (isinstance(value, float) and not isfinite(value))

    return extend(Draft202012Validator, type_checker=numbers.redefine("number", is_number))


def _key(path: list[str | int]) -> list[str]:
    """The place inside the value; entries of a list are counted from 1, as people count them."""
    first = path[0] if path else ""
    entry, rest = ([f"entry {first + 1}"], path[1:]) if isinstance(first, int) else ([], path)
    return [*entry, *filter(None, [".".join(map(str, rest))])]


@dataclass(frozen=True, slots=True)
class _Broken:
    """A rule of a schema, and what does not keep it."""

    rule: object
    limit: object
    schema: Mapping[str, object]
    instance: object
    message: str


def _complaint(broken: _Broken) -> str:
    if broken.rule == "additionalProperties":
        allowed = list(mapping(broken.schema.get("properties")))
        unknown = next(name for name in mapping(broken.instance) if name not in allowed)
        return f"unknown key {unknown!r}; {near(unknown, allowed)}"
    if broken.rule == "required":
        missing = next(name for name in texts(broken.limit) if name not in mapping(broken.instance))
        return f"the key {missing!r} is missing; add it."
    got = json.dumps(broken.instance, ensure_ascii=False, default=str)
    return f"{_allowed(broken)}, got {got if len(got) < 80 else got[:77] + '…'}; {_way_out(broken)}"  # noqa: PLR2004


def _way_out(broken: _Broken) -> str:
    if broken.rule == "enum" and isinstance(broken.instance, str):
        offer = near(broken.instance, texts(broken.limit))
        return offer if offer.startswith("did you mean") else "change the value."
    return "change the value."


def _allowed(broken: _Broken) -> str:
    """What the broken rule allows, in words."""
    own_message = broken.schema.get("errorMessage")
    if own_message:
        return str(own_message)
    if broken.rule == "type":
        return f"must be {_type_words([broken.limit] if isinstance(broken.limit, str) else texts(broken.limit))}"
    if broken.rule == "enum":
        return f"must be one of {', '.join(map(str, entries(broken.limit)))}"
    bounds = {"minimum": "at least", "exclusiveMinimum": "more than", "maximum": "at most"}
    if isinstance(broken.rule, str) and broken.rule in bounds:
        return f"must be {bounds[broken.rule]} {broken.limit}"
    if broken.rule in ("minLength", "minItems"):
        return "must not be empty"
    return f"is not allowed ({broken.message})"


def _type_words(types: list[str]) -> str:
    names = {
        "integer": "a whole number",
        "number": "a number",
        "string": "text",
        "boolean": "true or false",
        "array": "a list",
        "object": "a mapping",
    }
    return " or ".join(names.get(name, name) for name in types)
