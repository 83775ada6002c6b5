"""The rule that an answer is JSON of a given shape."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from foundry_exp.scores.facets.kinds import compiled
from foundry_exp.scores.facets.points import BEST, WORST, Points
from foundry_exp.scores.facets.text_checks import PATTERN_TIMEOUT_S

WRONG_SHAPE = 3.0


def json_schema(answer: str, options: Mapping[str, Any]) -> Points:
    """5 for JSON that the schema allows, 3 for other JSON, 1 for anything else; one code fence around it is allowed."""
    try:
        value = json.loads(_without_fence(answer), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        said = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        return Points(WORST, f"is not JSON ({said})")
    try:
        wrong = next(iter(_validator_class()(options["schema"], registry=_no_registry()).iter_errors(value)), None)
    except (TimeoutError, RecursionError) as error:
        return Points(None, f"gave up checking it by the JSON Schema ({type(error).__name__})")
    if wrong is None:
        return Points(BEST, "is JSON that the schema allows")
    key = ".".join(str(part) for part in wrong.absolute_path)
    return Points(WRONG_SHAPE, f"is JSON that the schema does not allow: {key or 'the whole'}: {wrong.message}")


def _without_fence(answer: str) -> str:
    first, _, rest = answer.partition("\n")
    if first.startswith("```") and rest.rstrip().endswith("```"):
        return rest.rstrip().removesuffix("```")
    return answer


def _refuse_constant(name: str) -> Any:
    msg = f"{name} is no number of JSON"
    raise ValueError(msg)


@cache
def _validator_class() -> Any:
    """Draft 2020-12, with patterns that give up in time."""
    from jsonschema import Draft202012Validator, validators

    extend: Any = validators.extend
    return extend(Draft202012Validator, {"pattern": _pattern})


def _pattern(_validator: Any, pattern: str, instance: Any, _schema: Any) -> Iterator[Any]:
    from jsonschema.exceptions import ValidationError

    is_text = isinstance(instance, str)
    if is_text and not compiled(pattern, ignore_case=False).search(instance, timeout=PATTERN_TIMEOUT_S):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


@cache
def _no_registry() -> Any:
    """References outside the schema are not fetched."""
    from referencing import Registry

    return Registry()
