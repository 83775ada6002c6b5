"""Which rubric answers are judged by."""

from collections.abc import Sequence
from dataclasses import dataclass

from foundry_exp.files.digest import digest_of
from foundry_exp.prompts import rubric
from foundry_exp.prompts.rubric import Rubric
from foundry_exp.records.record import Sample


@dataclass(frozen=True, slots=True)
class Rubrics:
    """Which rubric each prompt's answers are judged by."""

    chosen: str | None
    """For all prompts; null: each by the one that it names."""

    def of(self, sample: Sample) -> Rubric:
        """The rubric of one prompt; raises ConfigError when it cannot be read."""
        name = self.chosen or sample.rubric or rubric.UNNAMED
        where = "scorer.judge.rubric" if self.chosen else f"prompts: {sample.sample_id}: rubric"
        return rubric.load(rubric.find(name, where))

    def identity(self, samples: Sequence[Sample]) -> str:
        """What a run's scores are known by: `name:digest`, of several rubrics together when it has several."""
        found = sorted({(self.of(sample).name, self.of(sample).identity) for sample in samples})
        if len(found) == 1:
            return found[0][1]
        return f"{'+'.join(name for name, _ in found)}:{digest_of([identity for _, identity in found])}"
