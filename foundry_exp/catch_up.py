"""Run folders that people scored later: summaries, reports and tracker are brought up to date."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from foundry_exp import rescore, score, store, target
from foundry_exp.errors import ConfigError, StoreError
from foundry_exp.protocols import Tracker


def catch_up(folders: Sequence[Path], console: Console) -> None:
    """Make run.json, the reports and the tracker say what scores.jsonl says; a tracker that fails is told."""
    for folder in folders:
        score.summarised(folder, {})
    rescore.write_again(folders)
    wholes = {rescore.sweep_of(folder) or folder: folder for folder in reversed(folders)}
    try:
        for folder in folders:
            if tracker := _tracker(folder):
                tracker.publish(folder)
        for whole, first in wholes.items():
            if tracker := _tracker(first):
                tracker.conclude(whole, store.finished_cells(whole))
    except (ConfigError, StoreError) as error:
        again = " ".join(str(whole) for whole in wholes)
        console.print(f"not published: {error}", style="yellow", markup=False)
        console.print(f"  Send it later with: python -m foundry_exp publish {again}", markup=False, soft_wrap=True)


def _tracker(folder: Path) -> Tracker | None:
    """The one that the run's own config names, which can be published to."""
    spec = store.read_config(folder).get("tracker")
    if not spec:
        return None
    tracker: Tracker = target.build(spec, "tracker")
    tracker.check()
    return tracker
