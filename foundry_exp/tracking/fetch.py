"""A run that a user names: a folder here, an MLflow run, or a tag of some; and the tag that a user gives."""

import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from foundry_exp.errors import ConfigError, StoreError
from foundry_exp.records.run_folder import RESULT_FILE
from foundry_exp.records.runs import find_run
from foundry_exp.results.cell import FinishedCell
from foundry_exp.tracking.contents import BASELINE_TAG, PUBLISHED_TAG, RUN_TAG, run_key
from foundry_exp.tracking.location import Location, locate
from foundry_exp.tracking.mlflow_store import failures, import_mlflow
from foundry_exp.tracking.mlflow_types import Client

MLFLOW_ID = re.compile(r"[0-9a-f]{32}")
TAG = "tag:"
"""What `tag:NAME` begins with; `tag:KEY=VALUE` looks for another tag than the baseline's."""

FOLDER = "fetched"

Found = TypeVar("Found")


def named(names: Sequence[str], output_dir: Path, uri: str | None = None) -> list[Path]:
    """The folder of each run that a command names; ConfigError for the first that there is not."""
    try:
        return [find(name, output_dir, uri) for name in names]
    except StoreError as error:
        raise ConfigError(str(error)) from error


def find(name: str, output_dir: Path, uri: str | None = None) -> Path:
    """The folder of a run, fetched from MLflow when `name` is an MLflow run id or a tag of runs there."""
    if name.startswith(TAG):
        return _tagged(name.removeprefix(TAG), output_dir, uri)
    try:
        return find_run(name, output_dir)
    except StoreError:
        if not MLFLOW_ID.fullmatch(name):
            raise
    return with_client(name, output_dir, uri, lambda client: _download(client, name, output_dir / FOLDER / name))


def _tagged(tag: str, output_dir: Path, uri: str | None) -> Path:
    key, _, value = tag.partition("=") if "=" in tag else (BASELINE_TAG, "", tag)

    def bring(client: Client) -> Path:
        experiments = [experiment.experiment_id for experiment in client.search_experiments()]
        runs = client.search_runs(experiments, f"tags.`{key.replace('`', '')}` = '{value.replace(chr(39), '')}'")
        if not runs:
            way_out = (
                f"give it with: python -m foundry_exp gate --tag {value} RUN"
                if key == BASELINE_TAG
                else "set it there."
            )
            msg = f"{TAG}{tag}: no MLflow run has the tag {key} = {value}; {way_out}"
            raise StoreError(msg)
        together = output_dir / FOLDER / re.sub(r"[^A-Za-z0-9._-]+", "-", f"{key}-{value}").strip("-.")
        ids = {run.info.run_id for run in runs}
        for left in together.glob("*"):
            if left.name not in ids:  # it had the tag once
                shutil.rmtree(left, ignore_errors=True)
        for run in runs:
            _download(client, run.info.run_id, together / run.info.run_id)
        return together

    return with_client(f"{TAG}{tag}", output_dir, uri, bring)


def with_client(name: str, output_dir: Path, uri: str | None, use: Callable[[Client], Found]) -> Found:
    """What `use` makes of a client for the store; raise StoreError where there is none or it fails."""
    location = locate(uri, str(output_dir))
    if location.file and not location.file.exists():
        msg = f"{name}: no such run folder, and no MLflow store at {location.file}; give a run folder or --uri."
        raise StoreError(msg)
    import_mlflow()
    try:
        return use(_client(location))
    except failures() as error:
        reason = str(error).strip().partition("\n")[0]
        msg = f"{name}: cannot be fetched from MLflow ({reason}); check the id and --uri."
        raise StoreError(msg) from error


def _client(location: Location) -> Client:
    from mlflow import MlflowClient

    client: Client = MlflowClient(tracking_uri=location.uri, registry_uri=location.uri)
    return client


def _download(client: Client, run_id: str, folder: Path) -> Path:
    """Bring a run's files here, once: published runs are replaced, never changed."""
    if not (folder / RESULT_FILE).exists():
        folder.mkdir(parents=True, exist_ok=True)
        client.download_artifacts(run_id, "", str(folder))
    if not (folder / RESULT_FILE).exists():
        msg = f"{run_id}: the MLflow run has no {RESULT_FILE} among its artifacts; it is not one of this tool's."
        raise StoreError(msg)
    return folder


def give_tag(name: str, cells: Sequence[FinishedCell], output_dir: Path, uri: str | None = None) -> tuple[int, int]:
    """Tag the MLflow runs of these cells; how many have the name now, and how many have it no longer."""

    def tag(client: Client) -> tuple[int, int]:
        experiments = [experiment.experiment_id for experiment in client.search_experiments()]
        new = [_published(client, experiments, cell) for cell in cells]
        old = client.search_runs(experiments, f"tags.`{BASELINE_TAG}` = '{name}'")
        gone = {run.info.run_id for run in old} - set(new)
        for run_id in gone:
            client.delete_tag(run_id, BASELINE_TAG)
        for run_id in new:
            client.set_tag(run_id, BASELINE_TAG, name)
        return len(new), len(gone)

    return with_client(name, output_dir, uri, tag)


def _published(client: Client, experiments: Sequence[str], cell: FinishedCell) -> str:
    key = run_key(cell.result)
    runs = client.search_runs(list(experiments), f"tags.`{RUN_TAG}` = '{key}'")
    complete = [run for run in runs if run.info.status != "RUNNING"]
    if not complete:
        send = f"python -m foundry_exp publish {cell.folder}"
        msg = f"{cell.folder}: not in MLflow, so it has no tags; send it with: {send}"
        raise StoreError(msg)
    return max(complete, key=lambda run: int(run.data.tags.get(PUBLISHED_TAG, 0))).info.run_id
