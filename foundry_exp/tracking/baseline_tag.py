"""The name under which MLflow runs are a gate's baseline: given to a run's cells, and taken from those that had it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from foundry_exp.errors import StoreError
from foundry_exp.results.cell import FinishedCell
from foundry_exp.tracking import contents
from foundry_exp.tracking.fetch import with_client


def give(name: str, cells: Sequence[FinishedCell], output_dir: Path, uri: str | None = None) -> tuple[int, int]:
    """Tag the MLflow runs of these cells; how many have the name now, and how many have it no longer."""

    def tag(client: Any) -> tuple[int, int]:
        experiments = [experiment.experiment_id for experiment in client.search_experiments()]
        new = [_published(client, experiments, cell) for cell in cells]
        old = client.search_runs(experiments, f"tags.`{contents.BASELINE_TAG}` = '{name}'")
        gone = {run.info.run_id for run in old} - set(new)
        for run_id in gone:
            client.delete_tag(run_id, contents.BASELINE_TAG)
        for run_id in new:
            client.set_tag(run_id, contents.BASELINE_TAG, name)
        return len(new), len(gone)

    return with_client(name, output_dir, uri, tag)


def _published(client: Any, experiments: Sequence[str], cell: FinishedCell) -> str:
    key = contents.run_key(cell.result)
    found = client.search_runs(list(experiments), f"tags.`{contents.RUN_TAG}` = '{key}'")
    complete = [run for run in found if run.info.status != "RUNNING"]
    if not complete:
        send = f"python -m foundry_exp publish {cell.folder}"
        msg = f"{cell.folder}: not in MLflow, so it has no tags; send it with: {send}"
        raise StoreError(msg)
    return str(max(complete, key=lambda run: int(run.data.tags.get(contents.PUBLISHED_TAG, 0))).info.run_id)
