"""What MLflow shows of a run or sweep as a whole: its pages beside each cell, and the experiment's description."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from foundry_exp.errors import StoreError
from foundry_exp.store import read_result
from foundry_exp.tracking import contents

PAGE = "report.html"
PLOTS = "plots"
SWEEP = "sweep"
"""Where a cell's run holds the pages of its sweep."""
MOST_CELLS = 24
"""Cells of a sweep whose runs are each given its pages."""
MAX_NOTE = 4900
"""MLflow takes 5000 characters of an experiment's tag."""
_COMPARISON_ENDS = "\n## More figures"
_CUT = "\n\n… the rest is in the sweep's report.html."


def log_pages(client: Any, experiment_id: str, folder: Path, cells: Sequence[Path]) -> None:
    """Add the pages of each cell and of its sweep to the artifacts of its run."""
    if len(cells) > MOST_CELLS:
        return
    for cell in cells:
        key = contents.run_key(read_result(cell))
        for run in client.search_runs([experiment_id], f"tags.`{contents.RUN_TAG}` = '{key}'", max_results=1):
            _log(client, run.info.run_id, cell, None)
            if cell.resolve() != folder.resolve():
                _log(client, run.info.run_id, folder, SWEEP)


def _log(client: Any, run_id: str, folder: Path, place: str | None) -> None:
    if (folder / PAGE).exists():
        client.log_artifact(run_id, str(folder / PAGE), place)
    if (folder / PLOTS).is_dir():
        client.log_artifacts(run_id, str(folder / PLOTS), f"{place}/{PLOTS}" if place else PLOTS)


def note(folder: Path) -> str | None:
    """The comparison out of report.md, cut at a line's end to what MLflow takes; null without a report."""
    path = folder / "report.md"
    try:
        text = path.read_text(encoding="utf-8").partition(_COMPARISON_ENDS)[0].strip()
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        msg = f"{path}: not readable ({error}); write it again with: python -m foundry_exp report {folder}"
        raise StoreError(msg) from error
    if len(text) <= MAX_NOTE:
        return text
    return text[: MAX_NOTE - len(_CUT)].rpartition("\n")[0] + _CUT
