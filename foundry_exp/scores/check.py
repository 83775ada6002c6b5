"""A scorer's section held against its class before anything runs, whoever wrote the class."""

from collections.abc import Sequence
from typing import Any

from foundry_exp import target
from foundry_exp.errors import ConfigError, FoundryExpError
from foundry_exp.protocols import Scorer
from foundry_exp.records.record import Sample

HANDED_DOWN = ("offline", "provision", "device_lock")
"""The parts of a config that a scorer which loads a model takes over, as `scorer.judge` does."""


def check(name: str, spec: dict[str, Any], samples: Sequence[Sample]) -> None:
    """Raise ConfigError when the scorer cannot be made, or could not score answers to these prompts."""
    where = f"scorer.{name}"
    target.check(spec, where, Scorer)
    try:
        target.build(spec, where).check(samples)
    except FoundryExpError:
        raise
    except Exception as error:
        reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
        msg = f"{where}: {spec['_target_']} failed before it scored anything ({reason}); correct its class."
        raise ConfigError(msg) from error
