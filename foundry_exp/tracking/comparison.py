"""What MLflow shows of a run or sweep as a whole: its pages beside each cell, and the experiment's description."""

from collections.abc import Sequence
from pathlib import Path

from foundry_exp.errors import StoreError
from foundry_exp.results.cell import FinishedCell
from foundry_exp.tracking import contents
from foundry_exp.tracking.mlflow_types import Client, Run

PAGE = "report.html"
PLOTS = "plots"
SWEEP = "sweep"
"""Where a cell's run holds the pages of its sweep."""
MOST_CELLS = 24
"""Cells of a sweep whose runs are each given its pages."""
MAX_NOTE = 4900
"""MLflow takes 5000 characters of an experiment's tag."""
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7a4fb5", "#57606c")
"""Okabe and Ito's, without black and yellow, and two more."""
_COMPARISON_ENDS = "\n## More figures"
_CUT = "\n\n… the rest is in the sweep's report.html."


def dress_runs(client: Client, experiment_id: str, folder: Path, cells: Sequence[FinishedCell]) -> None:
    """Give the run of each cell a colour that can be told apart, its pages, and those of its sweep.

    MLflow's own colours repeat among a handful; of a larger sweep the first runs get colours, and none gets pages.
    """
    for place, cell in enumerate(cells[:MOST_CELLS]):
        for run in _runs_of(client, experiment_id, cell):
            client.set_tag(run.info.run_id, "mlflow.runColor", COLOURS[place % len(COLOURS)])
            if len(cells) <= MOST_CELLS:
                _log(client, run.info.run_id, cell.folder, None)
                if cell.folder.resolve() != folder.resolve():
                    _log(client, run.info.run_id, folder, SWEEP)


def _runs_of(client: Client, experiment_id: str, cell: FinishedCell) -> Sequence[Run]:
    key = contents.run_key(cell.result)
    return client.search_runs([experiment_id], f"tags.`{contents.RUN_TAG}` = '{key}'")[:1]


def _log(client: Client, run_id: str, folder: Path, place: str | None) -> None:
    if (folder / PAGE).exists():
        client.log_artifact(run_id, str(folder / PAGE), place)
    if (folder / PLOTS).is_dir():
        client.log_artifacts(run_id, str(folder / PLOTS), f"{place}/{PLOTS}" if place else PLOTS)


def note(folder: Path, cells: Sequence[FinishedCell]) -> str | None:
    """The comparison out of report.md, cut at a line's end to what MLflow takes; null without a report."""
    path = folder / "report.md"
    try:
        text = path.read_text(encoding="utf-8").partition(_COMPARISON_ENDS)[0].strip()
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        msg = f"{path}: not readable ({error}); write it again with: python -m foundry_exp report {folder}"
        raise StoreError(msg) from error
    title, _, rest = text.partition("\n")
    # MLflow folds all but the first line away, a heading would fill the page, and its list shows marks as they are
    where = "an artifact of each run" if len(cells) <= MOST_CELLS else f"in the run folder {folder.name}"
    text = f"{title.removeprefix('# ')}; report.html is {where}\n{rest}"
    if len(text) <= MAX_NOTE:
        return text
    return text[: MAX_NOTE - len(_CUT)].rpartition("\n")[0] + _CUT
