"""Facets: what a prompt set expects of an answer and rules can check; read and refused before anything runs."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from foundry_exp.errors import ConfigError
from foundry_exp.files.digest import digest_of
from foundry_exp.prompts import prompt_sets
from foundry_exp.prompts.prompt_sets import PromptSet
from foundry_exp.records.record import Sample
from foundry_exp.records.score import FACETS
from foundry_exp.scores.facets import form_checks, json_check, languages, text_checks
from foundry_exp.scores.facets.check_result import CheckResult
from foundry_exp.scores.facets.options import Options, number, text

RULES = 2
"""Counted up when a check changes, since the same facets then give other points."""


def _no_complaints(_: Options) -> Iterable[str]:
    return ()


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of facet; its keys are in schemas/prompts.schema.json."""

    criterion: str
    """What it counts for, unless the facet names another."""
    check: Callable[[str, Options], CheckResult]
    """Of an answer and the facet's options."""
    complaints: Callable[[Options], Iterable[str]] = _no_complaints
    """What is wrong with a facet and a schema cannot see: the key, and what to do."""
    needs_reference: bool = False
    """Whether the prompt's reference is among the options."""
    any_length: bool = False
    """Whether it can be told of an answer of any length."""


KINDS: Mapping[str, Kind] = {
    "contains": Kind("content", text_checks.contains),
    "any_of": Kind("content", text_checks.any_of),
    "number_equals": Kind("content", text_checks.number_equals, text_checks.number_complaints),
    "similarity": Kind("similarity", text_checks.similarity, needs_reference=True),
    "not_contains": Kind("instruction", text_checks.not_contains),
    "regex": Kind("instruction", text_checks.pattern, text_checks.pattern_complaints),
    "length": Kind("instruction", form_checks.length, form_checks.bound_complaints, any_length=True),
    "sentences": Kind("instruction", form_checks.sentences, form_checks.bound_complaints),
    "items": Kind("instruction", form_checks.items, form_checks.bound_complaints),
    "language": Kind("language", languages.is_in_language),
    "json_schema": Kind("format", json_check.json_schema, json_check.schema_complaints),
}
"""Every kind: a new one is an entry here, its keys in the schema and a line in README's table."""


@dataclass(frozen=True, slots=True)
class Facet:
    """One thing that a good answer has."""

    kind: str
    criterion: str
    weight: float
    options: Options
    """The keys of its kind, and the prompt's reference where its kind needs it."""


def facets_of(sample: Sample) -> list[Facet]:
    """The facets of a prompt that rules can check; sentences are left to people and judges."""
    return [_facet(entry, sample) for entry in sample.facets if isinstance(entry, Mapping)]


def _facet(entry: Options, sample: Sample) -> Facet:
    name = text(entry, "kind")
    kind = KINDS[name]
    options = {key: value for key, value in entry.items() if key not in ("kind", "criterion", "weight")}
    reference = {"reference": sample.reference or ""} if kind.needs_reference else {}
    weight = number(entry, "weight")
    criterion = str(entry.get("criterion", kind.criterion))
    return Facet(name, criterion, 1.0 if weight is None else float(weight), options | reference)


def identity(samples: Iterable[Sample]) -> str:
    """What scores by the facets of these prompts are known by: `facets:digest`."""
    expected = {
        sample.sample_id: [[rule, sample.reference if KINDS[rule["kind"]].needs_reference else None] for rule in rules]
        for sample in samples
        if (rules := [facet for facet in sample.facets if isinstance(facet, Mapping)])
    }
    return f"{FACETS}:{digest_of([RULES, expected])}"


def load(path: Path, name: str) -> PromptSet:
    """Read a prompt set; raises ConfigError also for what a schema cannot see of its facets, such as a bad pattern."""
    prompt_set = prompt_sets.load(path, name)
    for line, sample in enumerate(prompt_set.samples, start=1):
        for place, entry in enumerate(sample.facets):
            complaint = next(iter(_complaints(entry, sample.reference)), None) if isinstance(entry, Mapping) else None
            if complaint is not None:
                msg = f"{path}: entry {line} ({sample.sample_id}): facets.{place}{complaint}"
                raise ConfigError(msg)
    return prompt_set


def _complaints(entry: Options, reference: str | None) -> Iterable[str]:
    name = text(entry, "kind")
    kind = KINDS[name]
    if kind.needs_reference and not (reference or "").strip():
        return [f": {entry['kind']} needs the prompt's reference, got none; add a reference or remove the facet."]
    return kind.complaints(entry)
