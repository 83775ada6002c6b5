"""What a person sees while a judge works: one live line on a terminal, nothing where nobody looks."""

import time
from collections.abc import Iterator, Sequence
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

Step = TypeVar("Step")

_ASK_AGAIN_S = 1.0


class ProgressLine:
    """The line."""

    def __init__(self, console: Console) -> None:
        """Draw on this console, if it is a terminal."""
        self._console = console
        self._holder: str | None = None

    def each(self, steps: Sequence[Step], doing: str) -> Iterator[Step]:
        """The steps, with a line that says how many are done."""
        columns = (
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            TimeRemainingColumn(),
        )  # fmt: skip
        console = self._console
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
            yield from progress.track(steps, description=doing)

    def wait_for(self, holder: str) -> bool:
        """Say once whom the judge waits for, and wait a while; it never gives up by itself."""
        if holder != self._holder:
            self._holder = holder
            self._console.print(f"The judge waits for the device, {holder}.", markup=False, soft_wrap=True)
        time.sleep(_ASK_AGAIN_S)
        return True
