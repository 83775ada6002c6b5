"""The bar of a download: how much, how fast, how long yet; a line for each retry where nobody watches a terminal."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from foundry_exp.models.process import Step
from foundry_exp.models.provision import OnStep

_SPEED_OVER_S = 20.0


def done_bytes(step: Step, total: float | None) -> float:
    """How much is here: by the runtime's percent, or finer by what was written, never beyond the whole."""
    if total is None:
        return float(step["written_bytes"])
    percent: float = step.get("percent", 0.0)
    return min(max(total * percent / 100, float(step["written_bytes"])), total)


@contextmanager
def shown(name: str) -> Iterator[OnStep]:
    """A live bar on a terminal, fed with the steps of a download."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    progress = Progress(
        *columns,
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
        speed_estimate_period=_SPEED_OVER_S,
    )
    with progress:
        task = progress.add_task(name, total=None)
        most = 0.0

        def show(step: Step) -> None:
            nonlocal most
            match step["step"]:
                case "resolved":
                    most = 0.0
                    total = step["size_mb"] * 1e6 if step["size_mb"] else None
                    progress.update(task, description=step["id"], total=total)
                case "retrying":
                    said = f"{name}: {step['reason']}; again in {step['pause_s']:g} s ({step['tries_left']} left)"
                    console.print(said, markup=False, highlight=False, soft_wrap=True)
                case "downloading" | "bytes":
                    most = max(most, done_bytes(step, progress.tasks[task].total))
                    progress.update(task, completed=most)

        yield show
