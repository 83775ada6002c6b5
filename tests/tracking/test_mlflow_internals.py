"""What is used of MLflow's private parts is there and does what is relied on: an upgrade breaks these tests first.

Whatever fails here is mended in foundry_exp/tracking/mlflow_internals.py.
"""

import inspect
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from foundry_exp.tracking import mlflow_internals
from foundry_exp.tracking.mlflow_store import import_mlflow


@pytest.fixture(autouse=True)
def _imported() -> None:
    import_mlflow()


@pytest.mark.slow
def test_a_store_is_migrated_in_memory_and_copied_with_the_latest_revision(tmp_path: Path) -> None:
    with closing(sqlite3.connect(":memory:")) as database:
        mlflow_internals.migrate_into(database, tmp_path)
        ((revision,),) = database.execute("SELECT version_num FROM alembic_version").fetchall()
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    revisions, parents = mlflow_internals.schema_revisions()
    assert {revision} == revisions - parents
    assert {"experiments", "runs", "trace_info"} <= tables


def test_the_store_still_takes_an_address_and_the_place_of_artifacts() -> None:
    arguments = list(inspect.signature(mlflow_internals.store_class()).parameters)
    assert arguments[:2] == ["db_uri", "default_artifact_root"]


@pytest.mark.slow
def test_traces_of_the_past_can_still_be_written(tmp_path: Path) -> None:
    client = mlflow_internals.tracing_client(f"sqlite:///{(tmp_path / 'mlflow.db').as_posix()}")
    relied_on = {
        "start_trace": ["trace_info"],
        "log_spans": ["location", "spans"],
    }
    for name, arguments in relied_on.items():
        assert list(inspect.signature(getattr(client, name)).parameters)[: len(arguments)] == arguments
