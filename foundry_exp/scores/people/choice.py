"""Which rubric people score by."""

from collections.abc import Iterable

from foundry_exp.errors import ConfigError
from foundry_exp.prompts import rubric
from foundry_exp.prompts.rubric import Rubric
from foundry_exp.records.record import Sample


def rubric_for(samples: Iterable[Sample], chosen: str | None, where: str) -> Rubric:
    """The rubric chosen, or the one that all prompts name; ConfigError when they name several."""
    if chosen:
        return rubric.load(rubric.find(chosen, where))
    named = sorted({sample.rubric or rubric.UNNAMED for sample in samples}) or [rubric.UNNAMED]
    if len(named) > 1:
        msg = f"{where}: these prompts name the rubrics {', '.join(named)}, and people score by one; choose it."
        raise ConfigError(msg)
    return rubric.load(rubric.find(named[0], where))
