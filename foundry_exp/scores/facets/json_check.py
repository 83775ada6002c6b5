"""The rule that an answer is JSON of a given shape."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from foundry_exp.files import user_text
from foundry_exp.files.plain import entries, mapping
from foundry_exp.scores.facets.check_result import CheckResult, graded, met_or_missed
from foundry_exp.scores.facets.options import Options
from foundry_exp.scores.facets.text_checks import PATTERN_TIMEOUT_S, compiled, pattern_complaints

WRONG_SHAPE = 0.5
"""The share of the points that JSON of another shape gets."""


def json_schema(answer: str, options: Options) -> CheckResult:
    """The most for JSON that the schema allows, the middle for other JSON; one code fence around it is allowed."""
    try:
        value: object = json.loads(_without_fence(answer), parse_constant=user_text.refuse_constant)
    except (ValueError, RecursionError) as error:
        problem = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        return met_or_missed(False, f"is not JSON ({problem})")
    try:
        wrong = next(iter(_validator_class()(options["schema"], registry=_no_registry()).iter_errors(value)), None)
    except (TimeoutError, RecursionError) as error:
        return CheckResult(None, f"gave up checking it by the JSON Schema ({type(error).__name__})")
    if wrong is None:
        return met_or_missed(True, "is JSON that the schema allows")
    key = ".".join(str(part) for part in wrong.absolute_path)
    return graded(WRONG_SHAPE, f"is JSON that the schema does not allow: {key or 'the whole'}: {wrong.message}")


def _without_fence(answer: str) -> str:
    first, _, rest = answer.partition("\n")
    if first.startswith("```") and rest.rstrip().endswith("```"):
        return rest.rstrip().removesuffix("```")
    return answer


@cache
def _validator_class() -> Any:
    """Draft 2020-12, with patterns that give up in time."""
    from jsonschema import Draft202012Validator, validators

    extend: Any = validators.extend
    return extend(Draft202012Validator, {"pattern": _pattern})


def _pattern(_validator: object, pattern: str, instance: object, _schema: object) -> Iterator[object]:
    from jsonschema.exceptions import ValidationError

    if isinstance(instance, str) and not compiled(pattern, ignore_case=False).search(
        instance, timeout=PATTERN_TIMEOUT_S
    ):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


@cache
def _no_registry() -> Any:
    """References outside the schema are not fetched."""
    from referencing import Registry

    return Registry()


def schema_complaints(entry: Options) -> Iterator[str]:
    """A JSON Schema that is none, or cannot be held to."""
    yield from (f".schema{complaint}" for complaint in _bad_schema(entry["schema"]))


def _bad_schema(schema: object) -> Iterator[str]:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        Draft202012Validator.check_schema(schema if isinstance(schema, bool) else mapping(schema))
    except SchemaError as error:
        key = ".".join(str(part) for part in error.absolute_path)
        yield f"{'.' if key else ''}{key}: not a JSON Schema ({error.message}); correct it."
        return
    for key, value in _pairs(schema):
        if key in ("$ref", "$dynamicRef") and not _resolves(value, schema):
            yield f": {key} {value!r} is not in this schema; write #/$defs/… and define it there."
        elif key == "pattern" and isinstance(value, str):
            yield from pattern_complaints({"pattern": value})
        elif key == "patternProperties" and isinstance(value, Mapping):
            yield ": patternProperties is not supported, since it cannot be bounded in time; use properties."


def _pairs(node: object) -> Iterator[tuple[str, object]]:
    for value in (*mapping(node).values(), *entries(node)):
        yield from _pairs(value)
    yield from mapping(node).items()


def _resolves(reference: object, schema: object) -> bool:
    """Whether a reference leads to a part of the same schema; nothing is ever fetched."""
    from referencing import Registry
    from referencing.exceptions import Unresolvable
    from referencing.jsonschema import DRAFT202012

    try:
        Registry().resolver_with_root(DRAFT202012.create_resource(schema)).lookup(str(reference))
    except Unresolvable:
        return False
    return str(reference).startswith("#")
