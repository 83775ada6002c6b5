"""The SQLite file behind MLflow: checked without importing MLflow, made once, written by one process at a time."""

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from foundry_exp.errors import ConfigError, StoreError
from foundry_exp.tracking import mlflow_internals
from foundry_exp.tracking.location import LATER, Location

LOCK_WAIT_S = 120.0
REMAKE = "move it away and publish the run folders again, they hold everything"


def check_file(file: Path) -> None:
    """Raise ConfigError when runs could not be published into this file."""
    _check_folder(file.parent)
    if is_new(file):
        return
    if not os.access(file, os.W_OK):
        msg = f"{file}: the tracking store is read-only; change its rights, {LATER}"
        raise ConfigError(msg)
    _check_revision(file, _read_revision(file))


def is_new(file: Path) -> bool:
    """Whether the store has still to be made; an empty file is what an interrupted start leaves."""
    return not file.exists() or (file.is_file() and file.stat().st_size == 0)


def _check_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return
    except OSError as error:
        msg = f"{folder}: the tracking store's folder cannot be written ({error.strerror}); choose another output_dir."
        raise ConfigError(msg) from error


def _read_revision(file: Path) -> str:
    """The revision of the store's schema, once SQLite has found the file sound."""
    try:
        # Not read-only: after a killed writer, opening the file has to roll its journal back.
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=rw", uri=True)) as database:
            verdict = database.execute("PRAGMA quick_check(1)").fetchone()[0]
            if verdict != "ok":
                msg = f"{file}: the tracking store is corrupt ({verdict.splitlines()[-1]}); {REMAKE}, {LATER}"
                raise ConfigError(msg)
            names = {row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            row = database.execute("SELECT version_num FROM alembic_version").fetchone() if names else None
    except sqlite3.DatabaseError as error:
        raise ConfigError(_unreadable(file, error)) from error
    if row is None:
        msg = f"{file}: a database, but not an MLflow store; name another with tracker.uri=sqlite:///PATH"
        raise ConfigError(msg)
    return str(row[0])


def _unreadable(file: Path, error: sqlite3.DatabaseError) -> str:
    reason = str(error)
    if "no such table" in reason:
        return f"{file}: a database, but not an MLflow store; name another with tracker.uri=sqlite:///PATH"
    if "not a database" in reason:
        return f"{file}: not a SQLite database; {REMAKE}, or name another with tracker.uri=sqlite:///PATH"
    if "locked" in reason:
        return f"{file}: another process keeps the tracking store locked; end it, {LATER}"
    return f"{file}: the tracking store is corrupt or cannot be opened ({reason}); {REMAKE}, {LATER}"


def _check_revision(file: Path, revision: str) -> None:
    revisions, parents = mlflow_internals.schema_revisions()
    if revisions and revision not in revisions:
        msg = (
            f"{file}: made by a newer MLflow (schema {revision} is unknown to the one installed); "
            "install that version, or name another store with tracker.uri=sqlite:///PATH"
        )
        raise ConfigError(msg)
    if revision in parents:
        msg = (
            f"{file}: made by an older MLflow (schema {revision}); copy the file, then bring it up to date: "
            f'python -m mlflow db upgrade "sqlite:///{file.as_posix()}"'
        )
        raise ConfigError(msg)


@contextmanager
def one_writer(file: Path) -> Iterator[None]:
    """Hold the store alone; a lock of SQLite's own, so that a killed process lets go of it on every system."""
    try:
        lock = sqlite3.connect(file.with_name(f".{file.name}.lock"), timeout=LOCK_WAIT_S, isolation_level=None)
    except sqlite3.Error as error:
        msg = f"{file.parent}: no lock file can be made ({error}); check the folder's rights."
        raise StoreError(msg) from error
    with closing(lock):
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
            msg = (
                f"{file}: another process held the tracking store for {LOCK_WAIT_S:.0f} s; publish again when it ends."
            )
            raise StoreError(msg) from error
        yield


def make(location: Location) -> None:
    """Make the store unless it is there, by rename: MLflow's migrations leave a broken file when interrupted."""
    file, artifacts = location.file, location.artifacts
    if file is None or artifacts is None or not is_new(file):
        return
    draft = file.with_name(f".{file.name}.new")
    draft.unlink(missing_ok=True)
    with closing(sqlite3.connect(draft)) as database:
        mlflow_internals.migrate_into(database, artifacts)
    draft.replace(file)
