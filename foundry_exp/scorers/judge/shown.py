"""What a person sees while a judge works: one live line on a terminal, nothing where nobody looks."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

Turn = TypeVar("Turn")


class Shown:
    """The line."""

    def __init__(self, console: Console) -> None:
        """Draw on this console, if it is a terminal."""
        self._console = console

    def each(self, turns: Sequence[Turn], doing: str) -> Iterator[Turn]:
        """The turns, with a line that says how many are done."""
        columns = (
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            TimeRemainingColumn(),
        )  # fmt: skip
        console = self._console
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
            yield from progress.track(turns, description=doing)
