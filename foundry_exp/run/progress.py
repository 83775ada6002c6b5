"""What a person sees while cells run: live lines on a terminal, a plain line a cell where nobody looks."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from foundry_exp import terminal
from foundry_exp.files.escape import one_line
from foundry_exp.records.run_result import RunResult
from foundry_exp.run.sweep_counts import Counts
from foundry_exp.runtime.models.progress_bar import Amount
from foundry_exp.runtime.worker import OnStep, Step

_STEPS = {
    "queued": "waiting for a node",
    "placed": "starting",
    "ready": "loading the model",
    "warming": "warming up",
    "measuring": "measuring",
    "unloading": "unloading",
    "done": "summarising",
}
_STEPS_WITH_FACTS = {
    "retrying": "{reason}; again in {pause_s:g} s",
    "cooling": "cooling down for {seconds:g} s",
    "waiting": "waiting for the device, {holder}",
}
_MINUTE_S = 60


@contextmanager
def live_lines(cell: str, counts: Counts, console: Console, *, show_usage: bool) -> Iterator[OnStep]:
    """Live lines for a sweep and its running cell, fed with the child's steps; and, if wished, each answer's tokens."""
    texts = [TextColumn(text, markup=False) for text in ("{task.description}", "{task.fields[count]}")]
    columns = (texts[0], BarColumn(), texts[1], TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        if counts.planned > 1:
            progress.add_task(_how_far(counts), total=counts.planned, completed=counts.ended, count="")
        yield _CellLine(cell, progress, show_usage=show_usage).show


class _CellLine:
    """The line of the cell that runs."""

    def __init__(self, cell: str, progress: Progress, *, show_usage: bool) -> None:
        self._cell = cell
        self._progress = progress
        self._show_usage = show_usage
        self._task = progress.add_task(f"{cell}: starting", total=None, count="")
        self._amount = Amount()
        self._told = ""

    def show(self, step: Step) -> None:
        self._amount.take(step)
        match step["step"]:
            case "answer":
                self._answered(step)
            case "downloading" | "bytes":
                amount = self._amount
                self._describe("downloading", completed=amount.done_bytes, total=amount.total_bytes, count=str(amount))
            case name if name in _STEPS_WITH_FACTS:
                doing = one_line(_STEPS_WITH_FACTS[name].format(**step))
                self._describe(doing)
                if name == "waiting":
                    self._tell_once(doing)
            case name if name in _STEPS:
                self._describe(_STEPS[name], completed=0, total=step.get("of"))

    def _describe(
        self, doing: str, *, count: str = "", completed: float | None = None, total: float | None = None
    ) -> None:
        text = f"{self._cell}: {doing}"
        self._progress.update(self._task, description=text, completed=completed, total=total, count=count)

    def _answered(self, step: Step) -> None:
        number, of = step["number"], step["of"]
        self._progress.update(self._task, completed=number, total=of, count=f"{number}/{of}")
        if self._show_usage:
            self._print(_usage(self._cell, step))

    def _tell_once(self, doing: str) -> None:
        """Where nobody looks at live lines: a wait of hours must not look like a hang."""
        if doing != self._told and not self._progress.console.is_terminal and not terminal.is_quiet():
            self._told = doing
            self._print(f"{self._cell}: {doing}")

    def _print(self, text: str) -> None:
        self._progress.console.print(one_line(text), markup=False, highlight=False, soft_wrap=True)


def print_ended(result: RunResult, counts: Counts, console: Console) -> None:
    """A line for a cell that ended: for each where nobody looks, on a terminal for those that are not ok."""
    if terminal.is_quiet():
        return
    if counts.planned > 1 and (result.status != "ok" or not console.is_terminal):
        ended = f"[{counts.ended}/{counts.planned}] {result.cell}: {result.status}, {result.duration_s:.1f} s"
        console.print(f"{ended} · {_how_far(counts)}", markup=False, highlight=False, soft_wrap=True)


def _how_far(counts: Counts) -> str:
    """`12 of 48 cells done, 1 failed, about 5 min left`."""
    parts = [f"{counts.ended} of {counts.planned} cells done"]
    if counts.failed:
        parts.append(f"{counts.failed} failed")
    if counts.left_s:
        parts.append(f"about {_roughly(counts.left_s)} left")
    return ", ".join(parts)


def _roughly(seconds: float) -> str:
    if seconds < _MINUTE_S:
        return f"{seconds:.0f} s"
    minutes = round(seconds / _MINUTE_S)
    return f"{minutes} min" if minutes < _MINUTE_S else f"{minutes // 60} h {minutes % 60:02d} min"


def _usage(cell: str, step: Step) -> str:
    counts = step["usage"]
    if counts is None:
        return f"{cell} {step['sample_id']}: the runtime gave no token counts"
    total = counts["prompt_tokens"] + counts["completion_tokens"]
    return (
        f"{cell} {step['sample_id']}: {counts['prompt_tokens']} prompt + {counts['completion_tokens']} completion "
        f"= {total} tokens"
    )
