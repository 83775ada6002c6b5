"""JSON Schema at the edges: what comes from a user is checked before anything runs."""

import json
from functools import cache
from math import isfinite
from typing import Any

from foundry_exp.errors import ConfigError, near
from foundry_exp.files import shipped_files


@cache
def load_schema(name: str) -> dict[str, Any]:
    """One of the shipped schemas, by the name before `.schema.json`."""
    path = shipped_files.shipped("schemas") / f"{name}.schema.json"
    schema: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return schema


def check(value: Any, schema_name: str, where: str) -> None:
    """Raise ConfigError for the first thing in `value` that its schema does not allow."""
    from jsonschema.exceptions import best_match

    error = best_match(_validator()(load_schema(schema_name)).iter_errors(value))
    if error is None:
        return
    msg = f"{': '.join([*filter(None, [where]), *_key(list(error.absolute_path))])}: {_complaint(error)}"
    raise ConfigError(msg)


@cache
def _validator() -> Any:
    """One for which NaN and infinity, which YAML can write and JSON cannot, are no numbers."""
    from jsonschema import Draft202012Validator, validators

    extend: Any = validators.extend
    numbers = Draft202012Validator.TYPE_CHECKER

    def is_number(_: Any, value: Any) -> bool:
        return numbers.is_type(value, "number") and not (isinstance(value, float) and not isfinite(value))

    return extend(Draft202012Validator, type_checker=numbers.redefine("number", is_number))


def _key(path: list[str | int]) -> list[str]:
    """The place inside the value; entries of a list are counted from 1, as people count them."""
    entry = [f"entry {path.pop(0) + 1}"] if path and isinstance(path[0], int) else []  # type: ignore[operator]
    return [*entry, *filter(None, [".".join(map(str, path))])]


def _complaint(error: Any) -> str:
    if error.validator == "additionalProperties":
        allowed = list(error.schema.get("properties", {}))
        unknown = next(name for name in error.instance if name not in allowed)
        return f"unknown key {unknown!r}; {near(unknown, allowed)}"
    if error.validator == "required":
        missing = next(name for name in error.validator_value if name not in error.instance)
        return f"the key {missing!r} is missing; add it."
    got = json.dumps(error.instance, ensure_ascii=False, default=str)
    return f"{_allowed(error)}, got {got if len(got) < 80 else got[:77] + '…'}; {_way_out(error)}"  # noqa: PLR2004


def _way_out(error: Any) -> str:
    if error.validator == "enum" and isinstance(error.instance, str):
        offer = near(error.instance, filter(None, error.validator_value))
        return offer if offer.startswith("did you mean") else "change the value."
    return "change the value."


def _allowed(error: Any) -> str:
    """What the broken rule allows, in words."""
    own_message = error.schema.get("errorMessage")
    if own_message:
        return str(own_message)
    limit = error.validator_value
    if error.validator == "type":
        return f"must be {_type_words(limit)}"
    if error.validator == "enum":
        return f"must be one of {', '.join(map(str, limit))}"
    bounds = {"minimum": "at least", "exclusiveMinimum": "more than", "maximum": "at most"}
    if error.validator in bounds:
        return f"must be {bounds[error.validator]} {limit}"
    if error.validator in ("minLength", "minItems"):
        return "must not be empty"
    return f"is not allowed ({error.message})"


def _type_words(types: str | list[str]) -> str:
    names = {
        "integer": "a whole number",
        "number": "a number",
        "string": "text",
        "boolean": "true or false",
        "array": "a list",
        "object": "a mapping",
    }
    return " or ".join(names.get(name, name) for name in ([types] if isinstance(types, str) else types))
