"""The scorer `annotation`: writes the files that people fill in; their scores come back by `annotate import`."""

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from foundry_exp.errors import ConfigError, StoreError
from foundry_exp.prompts.rubric import RubricChoice
from foundry_exp.protocols import Answer
from foundry_exp.records.record import Sample
from foundry_exp.records.score import Score, Standing

_NAME = re.compile(r"\w[\w.-]{0,39}")


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
        check_annotators(self._annotators, "scorer.annotation.annotators")
        self._rubrics.for_all(samples)

    def score(self, answers: Sequence[Answer]) -> Iterator[tuple[Answer, Score]]:
        """Write the files; people's scores come later."""
        from foundry_exp.scores.people.export import default_folder, export, summary

        try:
            chosen = self._rubrics.for_all(answer.sample for answer in answers)
            out = self._out or default_folder(answers, chosen, self._output_dir)
            exported = export(answers, chosen, self._annotators, out, reference=self._reference, seed=self._seed)
        except ConfigError as error:  # everything has been measured, so this is no longer a command that ran nothing
            raise StoreError(str(error)) from error
        print(summary(exported), file=sys.stderr)
        yield from ()

    def standing(self) -> Standing | None:
        """People are what judges are held to."""
        return None


def check_annotators(names: Sequence[Any], where: str) -> None:
    """Raise ConfigError unless there is a name, all can be files' names, and no two are alike."""
    if isinstance(names, str) or not names:
        msg = f"{where}: needs a list of names, got {names or 'none'}; as in [anna,ben]."
        raise ConfigError(msg)
    for name in names:
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            msg = f"{where}: {name!r} cannot be a file's name; use letters, digits, dots and hyphens, 40 at most."
            raise ConfigError(msg)
    if len({name.casefold() for name in names}) < len(names):
        msg = f"{where}: {', '.join(names)} are not all different; give everybody a name of their own."
        raise ConfigError(msg)
