"""The scorer `annotation`: writes the files that people fill in; their scores come back by `annotate import`."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from foundry_exp.protocols import Answer
from foundry_exp.records import Score, Standing


class Annotation:
    """Asks people: after the last cell it writes a blind file for each of them, and gives no score itself."""

    # A sweep's answers belong into one file, so that nobody can tell the models apart by it.
    waits = True

    def __init__(
        self, rubric: str, annotators: list[str], reference: bool, seed: int | None, out: str | None, output_dir: str
    ) -> None:
        """Keep what is asked."""
        self._rubric = rubric
        self._annotators = [str(name) for name in annotators]
        self._reference = reference
        self._seed = seed
        self._out = Path(out) if out else None
        self._output_dir = Path(output_dir)

    def score(self, answers: Sequence[Answer]) -> Iterator[tuple[Answer, Score]]:
        """Write the files; people's scores come later."""
        from foundry_exp import rubric
        from foundry_exp.annotation.export import check_annotators, default_folder, export, told

        check_annotators(self._annotators, "scorer.annotation.annotators")
        chosen = rubric.load(rubric.find(self._rubric, "scorer.annotation.rubric"))
        out = self._out or default_folder(answers, chosen, self._output_dir)
        made = export(answers, chosen, self._annotators, out, reference=self._reference, seed=self._seed)
        print(told(made), file=sys.stderr)
        yield from ()

    def standing(self) -> Standing | None:
        """People are what judges are held to."""
        return None
