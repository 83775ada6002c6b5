"""Run folders that got scores later: summaries, reports and tracker are brought up to date."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from foundry_exp import score, store, target
from foundry_exp.errors import ConfigError, StoreError
from foundry_exp.protocols import Tracker
from foundry_exp.report import write


def catch_up(folders: Sequence[Path], console: Console) -> None:
    """Make run.json, the reports and the tracker say what scores.jsonl says; a tracker that fails is told."""
    for folder in folders:
        score.summarised(folder, {})
        write.write_reports(folder, [folder])
        _publish(folder, console)
    for sweep in sorted({folder.parent for folder in folders}):
        if (sweep / write.MARKDOWN_FILE).exists():
            write.write_reports(sweep, store.finished_cells(sweep))


def _publish(folder: Path, console: Console) -> None:
    spec = _tracker(folder)
    if spec is None:
        return
    try:
        tracker: Tracker = target.build(spec, "tracker")
        tracker.check()
        tracker.publish(folder)
    except (ConfigError, StoreError) as error:
        console.print(f"not published: {error}", style="yellow", markup=False)
        console.print(f"  Send it later with: python -m foundry_exp publish {folder}", markup=False)


def _tracker(folder: Path) -> dict[str, Any] | None:
    """The tracker that the run was made with."""
    import yaml

    path = folder / store.CONFIG_FILE
    try:
        config = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return None
    spec = config.get("tracker") if isinstance(config, dict) else None
    return spec if isinstance(spec, dict) else None
