"""MLflow as a tracker: one finished run folder becomes one flat run, found again by its tag."""

import os
import sqlite3
import warnings
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from foundry_exp.errors import StoreError, UnreachableError
from foundry_exp.tracking import mlflow_internals, server, sqlite_store
from foundry_exp.tracking.location import Location, locate

if TYPE_CHECKING:
    from foundry_exp.results.cell import FinishedCell
    from foundry_exp.tracking.mlflow_types import Client

QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    # Its errors are raised as well, and end as a sentence of ours.
    "MLFLOW_LOGGING_LEVEL": "CRITICAL",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    # MLflow's own seven attempts, two minutes each, look like a hang.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
}
AGAIN = "the run folder is whole, publish it again."


class MlflowTracker:
    """Publishes run folders to a SQLite file of this project or to an MLflow server."""

    def __init__(
        self,
        uri: str | None,
        experiment: str,
        output_dir: str,
        publish_limit_s: float | None = None,
        traces: bool = False,
    ) -> None:
        """Keep the address; null means `mlflow.db` in the output folder, and no limit."""
        self._uri = uri
        self._experiment = experiment
        self._output_dir = output_dir
        self._limit_s = publish_limit_s
        self._traces = traces

    def check(self) -> str | None:
        """Raise ConfigError when nothing could be published; a sentence when a server is away; imports no MLflow."""
        location = locate(self._uri, self._output_dir)
        if location.file:
            sqlite_store.check_file(location.file)
            return None
        try:
            server.check(location.uri)
        except UnreachableError as error:
            return str(error)
        return None

    def publish(self, cell: "FinishedCell") -> str:
        """Send one cell with the files of its folder, replacing what was sent of it before; return where it is."""
        # pydantic, which `check` does without: it comes before every run, and before every complaint
        from foundry_exp.tracking import traces
        from foundry_exp.tracking.logged_run import close_stale, log_run

        location = locate(self._uri, self._output_dir)
        look = server.deadline(location.uri, self._limit_s if location.file is None else None)
        with opened(location, f"{cell.folder}: not published", AGAIN) as client:
            experiment_id = self._experiment_id(client, location)
            close_stale(client, experiment_id, alone=location.file is not None)
            run_id = log_run(client, experiment_id, cell, look)
            if traces.are_owed(client, run_id, wanted=self._traces):
                traces.log(client, experiment_id, run_id, cell, look)
        return f"MLflow run {run_id} in experiment {self._experiment}"

    def conclude(self, folder: Path, cells: Sequence["FinishedCell"]) -> None:
        """Add the pages of a run or sweep to its cells' runs, and its comparison to the experiment's description."""
        from foundry_exp.tracking import comparison

        location = locate(self._uri, self._output_dir)
        with opened(location, f"{folder}: not published", AGAIN) as client:
            experiment = client.get_experiment_by_name(self._experiment)
            if experiment is None or experiment.lifecycle_stage != "active":
                return
            comparison.dress_runs(client, experiment.experiment_id, folder, cells)
            text = comparison.note(folder, cells)
            if text is not None:
                client.set_experiment_tag(experiment.experiment_id, "mlflow.note.content", text)

    def _experiment_id(self, client: "Client", location: Location) -> str:
        """The experiment's id, made at its first run with an explicit place for artifacts."""
        experiment = client.get_experiment_by_name(self._experiment)
        if experiment is None:
            artifacts = location.artifacts.as_uri() if location.artifacts else None
            # Without a kind, the UI guesses one and covers the page with a question.
            tags = {"mlflow.experimentKind": "custom_model_development"}
            return client.create_experiment(self._experiment, artifacts, tags)
        if experiment.lifecycle_stage != "active":
            msg = (
                f"{self._experiment}: this MLflow experiment was deleted; restore it "
                f"(python -m mlflow experiments restore -x {experiment.experiment_id}) or change tracker.experiment."
            )
            raise StoreError(msg)
        _refuse_moved(experiment.artifact_location, location)
        return experiment.experiment_id


def _refuse_moved(recorded: str, location: Location) -> None:
    """MLflow keeps absolute paths: in a moved project it would write where the project used to be."""
    if location.artifacts is None or not recorded.startswith("file:"):
        return
    own = location.artifacts.as_uri()
    if recorded == own or recorded.startswith(f"{own}/"):  # as that of MLflow's own experiment, Default
        return
    from urllib.request import url2pathname  # 8 ms to import, and ssl with it

    before = Path(url2pathname(urlsplit(recorded).path))
    if not before.exists():
        msg = (
            f"{location.file}: this store was moved here, its artifacts belong in {before}; "
            f"{sqlite_store.REMAKE}: python -m foundry_exp publish RUN"
        )
        raise StoreError(msg)


@contextmanager
def opened(location: Location, undone: str, way_out: str) -> Iterator["Client"]:
    """A client of the store, which no other process writes to meanwhile; what fails is `undone`, with the way out."""
    if location.file is None:
        server.need(location.uri)
    import_mlflow()
    with _sentences(location, undone, way_out), _alone(location):
        yield _client(location)


@contextmanager
def _sentences(location: Location, undone: str, way_out: str) -> Iterator[None]:
    """Turn what MLflow and the database raise into a sentence."""
    try:
        yield
    except UnreachableError:
        server.leave_alone(location.uri)
        raise
    except failures() as error:
        reason = str(error).strip().partition("\n")[0]
        msg = f"{undone} to {location.uri} ({reason}); {way_out}"
        if location.file is None and _is_away(error):
            server.leave_alone(location.uri)
            raise UnreachableError(msg) from error
        raise StoreError(msg) from error
    else:
        server.welcome(location.uri)


def failures() -> tuple[type[Exception], ...]:
    """What MLflow raises, and the database below it."""
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    return MlflowException, SQLAlchemyError, sqlite3.Error, OSError, NotImplementedError


def _is_away(error: Exception) -> bool:
    """Whether MLflow got no answer; what a server refuses has an error code of its own."""
    from requests.exceptions import RequestException

    unanswered = ("INTERNAL_ERROR", "TEMPORARILY_UNAVAILABLE")
    return isinstance(error, RequestException) or getattr(error, "error_code", "") in unanswered


def import_mlflow() -> None:
    """Import MLflow with its telemetry and its talk switched off first."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    with warnings.catch_warnings():
        # MLflow's models use what SQLAlchemy 2.1 deprecates; no user can put that right.
        warnings.filterwarnings("ignore", "The ``noload`` loader", DeprecationWarning)
        mlflow_internals.store_class()


def _alone(location: Location) -> AbstractContextManager[None]:
    """Wait for other writers of a local store; a server orders them itself."""
    if location.file is None:
        return nullcontext()
    location.file.parent.mkdir(parents=True, exist_ok=True)
    return sqlite_store.one_writer(location.file)


def _client(location: Location) -> "Client":
    from mlflow import MlflowClient

    sqlite_store.make(location)
    client: Client = MlflowClient(tracking_uri=location.uri, registry_uri=location.uri)
    return client
