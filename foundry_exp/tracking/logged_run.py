"""One run folder as one MLflow run: written whole, then the earlier one goes."""

import json
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from foundry_exp.records.run_result import Status
from foundry_exp.results.cell import FinishedCell
from foundry_exp.tracking import contents
from foundry_exp.tracking.metric_names import logged_metrics, of_repeats
from foundry_exp.tracking.mlflow_types import Client, Run
from foundry_exp.tracking.published import folder_digest
from foundry_exp.tracking.samples import SAMPLES_FILE, sample_table

RUN_STATUS: dict[Status, str] = {
    "ok": "FINISHED",
    "partial": "FINISHED",
    "skipped": "FAILED",
    "failed": "FAILED",
    "device_mismatch": "FAILED",
    "interrupted": "KILLED",
}

ABANDONED_AFTER_S = 3600.0
"""On a server, where another publisher may be at work; publishing a run takes seconds."""


def close_stale(client: Client, experiment_id: str, *, alone: bool) -> None:
    """Close as KILLED every run of ours that a killed publisher left RUNNING: in a store held alone, all of them."""
    limit_ns = time.time_ns() if alone else time.time_ns() - round(ABANDONED_AFTER_S * 1e9)
    for run in client.search_runs([experiment_id], "attributes.status = 'RUNNING'"):
        published_ns = run.data.tags.get(contents.PUBLISHED_TAG)
        if published_ns is not None and int(published_ns) < limit_ns:
            client.set_terminated(run.info.run_id, "KILLED")


def log_run(client: Client, experiment_id: str, cell: FinishedCell, look: Callable[[], None]) -> str:
    """Log the run whole, and only then delete what was published of this cell before; nothing when it is there.

    `look` is called between two calls, and may raise.
    """
    from mlflow.exceptions import MlflowException

    result, digest = cell.result, folder_digest(cell.folder)
    same = _published(client, experiment_id, contents.run_key(result), digest)
    if same:
        return same
    start = int(datetime.fromisoformat(result.started_at).timestamp() * 1000)
    end = start + int(result.duration_s * 1000)
    table = sample_table(cell)
    tags = {**_of_people(client, experiment_id, contents.run_key(result)), **contents.run_tags(result, time.time_ns())}
    if table["data"]:
        tags["mlflow.loggedArtifacts"] = json.dumps([{"path": SAMPLES_FILE, "type": "table"}])
    run_id = client.create_run(experiment_id, start, tags, contents.run_name(result)).info.run_id
    try:
        look()
        _log_values(client, run_id, cell, end)
        _log_files(client, run_id, cell.folder, look)
        if table["data"]:
            client.log_dict(run_id, table, SAMPLES_FILE)
        client.set_tag(run_id, contents.DIGEST_TAG, digest)  # last: a killed publisher leaves none
        client.set_terminated(run_id, RUN_STATUS[result.status], end)
    except BaseException:
        with suppress(MlflowException, OSError):
            client.delete_run(run_id)
        raise
    _keep_newest(client, experiment_id, contents.run_key(result))
    return run_id


def _log_values(client: Client, run_id: str, cell: FinishedCell, at: int) -> None:
    from mlflow.data.code_dataset_source import CodeDatasetSource
    from mlflow.data.meta_dataset import MetaDataset
    from mlflow.entities import DatasetInput, InputTag, Metric, Param

    result = cell.result
    metrics = logged_metrics({**result.shown_metrics, **of_repeats(result.scores)})
    params = contents.run_params(cell)
    client.log_batch(
        run_id,
        [Metric(name, value, at, 0) for name, value in metrics.items()],
        [Param(name, value) for name, value in params.items()],
    )
    name, digest = (str(result.prompts.get(key, "unknown"))[:36] for key in ("name", "digest"))
    prompts = MetaDataset(CodeDatasetSource({"mlflow.source.name": "foundry_exp"}), name=name, digest=digest)
    tags = [InputTag("mlflow.data.context", "eval")]
    client.log_inputs(run_id, [DatasetInput(prompts._to_mlflow_entity(), tags)])


def _log_files(client: Client, run_id: str, folder: Path, look: Callable[[], None]) -> None:
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        look()
        inside = path.parent.relative_to(folder).as_posix()
        client.log_artifact(run_id, str(path), None if inside == "." else inside)


def _of_people(client: Client, experiment_id: str, key: str) -> dict[str, str]:
    """Tags that people gave the cell's earlier run: MLflow's own and ours are made anew."""
    earlier = sorted(_runs(client, experiment_id, key), key=_published_ns)
    tags = earlier[-1].data.tags if earlier else {}
    ours = ("mlflow.", "foundry.", "git_")
    kept = (contents.BASELINE_TAG, contents.TRACES_TAG)
    return {name: text for name, text in tags.items() if name in kept or not name.startswith(ours)}


def _published(client: Client, experiment_id: str, key: str, digest: str) -> str | None:
    """The complete run that holds just this folder; others of the cell, which a killed publisher left, go."""
    runs = _runs(client, experiment_id, key)
    same = [run for run in runs if run.data.tags.get(contents.DIGEST_TAG) == digest and run.info.status != "RUNNING"]
    if not same:
        return None
    kept = max(same, key=_published_ns).info.run_id
    _keep_only(client, runs, kept)
    return kept


def _runs(client: Client, experiment_id: str, key: str) -> Sequence[Run]:
    return client.search_runs([experiment_id], f"tags.`{contents.RUN_TAG}` = '{key}'")


def _published_ns(run: Run) -> int:
    return int(run.data.tags.get(contents.PUBLISHED_TAG, 0))


def _keep_newest(client: Client, experiment_id: str, key: str) -> None:
    """Leave the latest complete run of a cell; whoever publishes at the same time picks the same one."""
    runs = _runs(client, experiment_id, key)
    complete = [run for run in runs if run.info.status != "RUNNING"]
    newest = max(complete, key=_published_ns)
    _keep_only(client, runs, newest.info.run_id)


def _keep_only(client: Client, runs: Sequence[Run], kept: str) -> None:
    for run in runs:
        if run.info.run_id != kept:
            client.delete_run(run.info.run_id)
