"""A scorer's section: held against its class before anything runs, and made the scorer, whoever wrote the class."""

from collections.abc import Sequence
from dataclasses import is_dataclass
from typing import Any

from foundry_exp import target
from foundry_exp.errors import ConfigError, FoundryExpError
from foundry_exp.protocols import Scorer
from foundry_exp.records import config_json
from foundry_exp.records.record import Sample

HANDED_DOWN = ("offline", "provision", "device_lock")
"""The parts of a config that a scorer which loads a model takes over, as `scorer.judge` does."""


def check(name: str, spec: dict[str, Any], samples: Sequence[Sample]) -> None:
    """Raise ConfigError when the scorer cannot be made, or could not score answers to these prompts."""
    where = f"scorer.{name}"
    target.check(spec, where, Scorer)
    try:
        made(name, spec).check(samples)
    except FoundryExpError:
        raise
    except Exception as error:
        reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
        msg = f"{where}: {spec['_target_']} failed before it scored anything ({reason}); correct its class."
        raise ConfigError(msg) from error


def made(name: str, spec: dict[str, Any]) -> Scorer:
    """The scorer that a section describes; an argument whose type is a section of a config is given as one."""
    where = f"scorer.{name}"
    sections = {
        key: kind
        for key, kind in target.argument_types(spec, where).items()
        if isinstance(kind, type) and is_dataclass(kind)
    }
    try:
        typed = {key: config_json.build(kind, spec[key]) for key, kind in sections.items() if key in spec}
    except KeyError as error:
        msg = f"{where}: a section of it has no key {error}; add the key, or choose another scorer."
        raise ConfigError(msg) from error
    scorer: Scorer = target.build(spec | typed, where)
    return scorer
