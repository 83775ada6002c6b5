"""What leans on private parts of MLflow, in this file alone; tests/tracking/test_mlflow_internals.py breaks first.

In public a store is made step by step on the disk, nothing tells its schema's revision without importing MLflow, and a
trace is written while the program that it is of runs.
"""

import re
import sqlite3
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foundry_exp.errors import ConfigError

if TYPE_CHECKING:
    from foundry_exp.tracking.mlflow_types import TracingClient

_REVISION = re.compile(r"^(revision|down_revision)\s*(?::[^=]*)?=\s*[\"'](\w+)[\"']", re.MULTILINE)


def store_class() -> Any:
    """MLflow's store in a database, whose import is most of what importing MLflow takes."""
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    return SqlAlchemyStore


def migrate_into(database: sqlite3.Connection, artifacts: Path) -> None:
    """Let MLflow migrate in memory, then copy: 0.7 s, against 6 s on a disk that has to sync each step."""
    store = store_class()("sqlite://", artifacts.as_uri())
    connection = store.engine.raw_connection()
    connection.driver_connection.backup(database)
    connection.close()
    store.engine.dispose()


def schema_revisions() -> tuple[set[str], set[str]]:
    """The schema revisions of the installed MLflow, and those that have a later one; MLflow is not imported."""
    spec = find_spec("mlflow")
    if spec is None or not spec.submodule_search_locations:
        msg = "tracker: mlflow is not installed; pip install mlflow, or use tracker=none."
        raise ConfigError(msg)
    revisions: dict[str, set[str]] = {"revision": set(), "down_revision": set()}
    folder = Path(spec.submodule_search_locations[0], "store", "db_migrations", "versions")
    for script in folder.glob("*.py"):
        for kind, name in _REVISION.findall(script.read_text(encoding="utf-8")):
            revisions[kind].add(name)
    return revisions["revision"], revisions["down_revision"]


def tracing_client(uri: str) -> "TracingClient":
    """MLflow's client for traces of the past."""
    from mlflow.tracing import client

    tracing: TracingClient = client.TracingClient(uri)
    return tracing
