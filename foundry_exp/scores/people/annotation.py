"""The scorer `annotation`: writes the files that people fill in; their scores come back by `annotate import`."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from foundry_exp.errors import ConfigError, StoreError
from foundry_exp.prompts.rubric import RubricChoice
from foundry_exp.protocols import Answer
from foundry_exp.records.record import Sample
from foundry_exp.records.score import Score, Standing


class Annotation:
    """Asks people: after the last cell it writes a blind file for each of them, and gives no score itself."""

    # A sweep's answers belong into one file, so that nobody can tell the models apart by it.
    waits = True

    def __init__(
        self,
        rubric: str | None,
        annotators: list[str],
        reference: bool,
        seed: int | None,
        out: str | None,
        output_dir: str,
    ) -> None:
        """Keep what is asked."""
        self._rubrics = RubricChoice(rubric, "scorer.annotation.rubric")
        self._annotators = annotators
        self._reference = reference
        self._seed = seed
        self._out = Path(out) if out else None
        self._output_dir = Path(output_dir)

    def check(self, samples: Sequence[Sample]) -> None:
        """Raise ConfigError when no file could be made for these prompts."""
        from foundry_exp.scores.people.names import check_annotators

        check_annotators(self._annotators, "scorer.annotation.annotators")
        self._rubrics.for_all(samples)

    def score(self, answers: Sequence[Answer]) -> Iterator[tuple[Answer, Score]]:
        """Write the files; people's scores come later."""
        from foundry_exp.scores.people.export import default_folder, export, told

        try:
            chosen = self._rubrics.for_all(answer.sample for answer in answers)
            out = self._out or default_folder(answers, chosen, self._output_dir)
            made = export(answers, chosen, self._annotators, out, reference=self._reference, seed=self._seed)
        except ConfigError as error:  # everything has been measured, so this is no longer a command that ran nothing
            raise StoreError(str(error)) from error
        print(told(made), file=sys.stderr)
        yield from ()

    def standing(self) -> Standing | None:
        """People are what judges are held to."""
        return None
