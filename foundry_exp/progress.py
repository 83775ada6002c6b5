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
def shown(cell: str, console: Console, *, show_usage: bool) -> Iterator[Callable[[dict[str, Any]], None]]:
    """A live line for one cell, fed with the child's steps; and, if wished, a line for each answer's tokens."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(f"{cell}: starting", total=None)

        def show(step: dict[str, Any]) -> None:
            if step["step"] == "answer":
                progress.update(task, completed=step["number"], total=step["of"])
                if show_usage:
                    console.print(_usage(cell, step), markup=False, highlight=False)
            elif step["step"] == "downloading":
                progress.update(task, description=f"{cell}: downloading, %", completed=step["percent"], total=100)
            elif step["step"] == "cooling":
                progress.update(task, description=f"{cell}: cooling down for {step['seconds']:g} s")
            elif step["step"] in _WORDS:
                progress.update(task, description=f"{cell}: {_WORDS[step['step']]}", completed=0, total=step.get("of"))

        yield show


def _usage(cell: str, step: dict[str, Any]) -> str:
    counts = step["usage"]
    if counts is None:
        return f"{cell} {step['sample_id']}: the runtime gave no token counts"
    total = counts["prompt_tokens"] + counts["completion_tokens"]
    return (
        f"{cell} {step['sample_id']}: {counts['prompt_tokens']} prompt + {counts['completion_tokens']} completion "
        f"= {total} tokens"
    )
