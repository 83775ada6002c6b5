"""Facets: what a prompt set expects of an answer and rules can check; read and refused before anything runs."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from foundry_exp.errors import ConfigError
from foundry_exp.files.digest import digest_of
from foundry_exp.prompts import prompt_sets
from foundry_exp.prompts.prompt_sets import PromptSet
from foundry_exp.records.record import Sample

CRITERIA: Mapping[str, str] = {
    "contains": "content",
    "any_of": "content",
    "number_equals": "content",
    "similarity": "similarity",
    "not_contains": "instruction",
    "regex": "instruction",
    "length": "instruction",
    "sentences": "instruction",
    "items": "instruction",
    "language": "language",
    "json_schema": "format",
}
"""The criterion that each kind of facet counts for, unless the facet names another."""

MAX_REPEATS = 1_000_000
"""Of counted repeats in a pattern, multiplied: ten times as many take seconds to compile, nested ones for ever."""

RULES = 2
"""Counted up when a rule of `scorers` changes, since the same facets then give other points."""


@dataclass(frozen=True, slots=True)
class Facet:
    """One thing that a good answer has."""

    kind: str
    criterion: str
    weight: float
    options: Mapping[str, Any]
    """The keys of its kind, as `schemas/prompts.schema.json` has them."""


def facets_of(sample: Sample) -> list[Facet]:
    """The facets of a prompt that rules can check; sentences are left to people and judges."""
    return [_facet(entry) for entry in sample.facets if isinstance(entry, Mapping)]


def _facet(entry: Mapping[str, Any]) -> Facet:
    own = {key: value for key, value in entry.items() if key not in ("kind", "criterion", "weight")}
    return Facet(entry["kind"], entry.get("criterion", CRITERIA[entry["kind"]]), float(entry.get("weight", 1)), own)


def identity(samples: Iterable[Sample]) -> str:
    """What scores by the facets of these prompts are known by: `facets:digest`."""
    expected = {
        sample.sample_id: [[facet, sample.reference if facet["kind"] == "similarity" else None] for facet in rules]
        for sample in samples
        if (rules := [facet for facet in sample.facets if isinstance(facet, Mapping)])
    }
    return f"facets:{digest_of([RULES, expected])}"


def load(path: Path, name: str) -> PromptSet:
    """Read a prompt set; raises ConfigError also for what a schema cannot see of its facets, such as a bad pattern."""
    found = prompt_sets.load(path, name)
    for number, sample in enumerate(found.samples, start=1):
        for place, entry in enumerate(sample.facets):
            complaints = _complaints(entry, sample.reference) if isinstance(entry, Mapping) else ()
            for complaint in complaints:
                msg = f"{path}: entry {number} ({sample.sample_id}): facets.{place}{complaint}"
                raise ConfigError(msg)
    return found


def _complaints(entry: Mapping[str, Any], reference: str | None) -> Iterator[str]:
    kind = entry["kind"]
    if kind == "regex":
        yield from _bad_pattern(entry["pattern"])
    elif kind == "json_schema":
        yield from (f".schema{what}" for what in _bad_schema(entry["schema"]))
    elif kind == "similarity" and not (reference or "").strip():
        yield ": similarity needs the prompt's reference, got none; add a reference or remove the facet."
    for low, high in (("min", "max"), ("min_words", "max_words"), ("min_characters", "max_characters")):
        if low in entry and high in entry and entry[low] > entry[high]:
            yield f".{low}: {entry[low]} is more than {high}, {entry[high]}; no answer can have both."
    for key in ("value", "tolerance"):
        if key in entry and not math.isfinite(entry[key]):
            yield f".{key}: must be a finite number, got {entry[key]}; change the value."


def _bad_pattern(text: str) -> Iterator[str]:
    import regex

    repeats = math.prod(int(count) for count in regex.findall(r"\{(?:\d*,)?(\d+)\}", text) if int(count))
    if repeats > MAX_REPEATS:
        yield f".pattern: repeats {repeats} times in all, at most {MAX_REPEATS}, got {text!r}; write a smaller one."
        return
    try:
        compiled(text, ignore_case=False)
    except (regex.error, RecursionError, OverflowError) as error:
        yield f".pattern: not a pattern ({error}), got {text!r}; correct it."


@cache
def compiled(text: str, *, ignore_case: bool) -> Any:
    """A pattern of the `regex` package, which can give up a search after a time."""
    import regex

    return regex.compile(text, regex.IGNORECASE if ignore_case else 0)


def _bad_schema(schema: Any) -> Iterator[str]:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        key = ".".join(str(part) for part in error.absolute_path)
        yield f"{'.' if key else ''}{key}: not a JSON Schema ({error.message}); correct it."
        return
    for key, value in _pairs(schema):
        if key in ("$ref", "$dynamicRef") and not _resolves(value, schema):
            yield f": {key} {value!r} is not in this schema; write #/$defs/… and define it there."
        elif key == "pattern" and isinstance(value, str):
            yield from _bad_pattern(value)
        elif key == "patternProperties" and isinstance(value, Mapping):
            yield ": patternProperties is not supported, since it cannot be bounded in time; use properties."


def _pairs(node: Any) -> Iterator[tuple[str, Any]]:
    for value in node.values() if isinstance(node, Mapping) else node if isinstance(node, list) else ():
        yield from _pairs(value)
    if isinstance(node, Mapping):
        yield from node.items()


def _resolves(reference: Any, schema: Any) -> bool:
    """Whether a reference leads to a part of the same schema; nothing is ever fetched."""
    from referencing import Registry
    from referencing.exceptions import Unresolvable
    from referencing.jsonschema import DRAFT202012

    try:
        Registry().resolver_with_root(DRAFT202012.create_resource(schema)).lookup(reference)
    except Unresolvable:
        return False
    return str(reference).startswith("#")
