"""What a person sees while a cell runs: one live line on a terminal, nothing where nobody looks."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

_WORDS = {
    "ready": "loading the model",
    "warming": "warming up",
    "measuring": "measuring",
    "unloading": "unloading",
    "done": "summarising",
}


@contextmanager
def shown(cell: str, console: Console) -> Iterator[Callable[[dict[str, Any]], None]]:
    """A live line for one cell, fed with the child's steps."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(f"{cell}: starting", total=None)

        def show(step: dict[str, Any]) -> None:
            if step["step"] == "answer":
                progress.update(task, completed=step["number"], total=step["of"])
            elif step["step"] in _WORDS:
                progress.update(task, description=f"{cell}: {_WORDS[step['step']]}", completed=0, total=step.get("of"))

        yield show
