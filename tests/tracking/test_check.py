import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from foundry_exp.errors import ConfigError
from foundry_exp.results.cell import read
from foundry_exp.tracking.mlflow_internals import schema_revisions
from foundry_exp.tracking.mlflow_store import MlflowTracker
from foundry_exp.tracking.no_tracker import NoTracker
from tests.run_folders import make_run_folder


def make_tracker(output_dir: Path, uri: str | None = None) -> MlflowTracker:
    return MlflowTracker(uri, "foundry_exp", str(output_dir))


def make_store(file: Path, revision: str) -> Path:
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("CREATE TABLE alembic_version (version_num VARCHAR(32))")
        database.execute("INSERT INTO alembic_version VALUES (?)", [revision])
        database.execute("CREATE TABLE runs (name TEXT)")
        database.executemany("INSERT INTO runs VALUES (?)", [(f"run {n} " * 30,) for n in range(500)])
    return file


def latest_revision() -> str:
    revisions, parents = schema_revisions()
    (latest,) = revisions - parents
    return latest


def test_constructing_does_nothing(tmp_path: Path) -> None:
    make_tracker(tmp_path / "new", "nonsense://")
    assert not list(tmp_path.iterdir())


def test_first_use_is_fine_and_makes_no_store(tmp_path: Path) -> None:
    make_tracker(tmp_path / "a b").check()
    assert not list((tmp_path / "a b").iterdir())


@pytest.mark.real
def test_check_imports_no_mlflow(tmp_path: Path) -> None:
    make_store(tmp_path / "mlflow.db", latest_revision())
    script = (
        "import sys\nfrom foundry_exp.tracking.mlflow_store import MlflowTracker\n"
        f"MlflowTracker(None, 'e', {str(tmp_path)!r}).check()\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('mlflow', 'sqlalchemy', 'alembic')])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_text("these are not the bytes of a database " * 9, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"mlflow\.db: not a SQLite database; move it away"):
        make_tracker(tmp_path).check()


def test_corrupt_database(tmp_path: Path) -> None:
    file = make_store(tmp_path / "mlflow.db", latest_revision())
    content = bytearray(file.read_bytes())
    content[8192:] = b"\xff" * (len(content) - 8192)
    file.write_bytes(content)
    with pytest.raises(ConfigError, match=r"mlflow\.db: the tracking store is corrupt.*move it away and publish"):
        make_tracker(tmp_path).check()


def test_database_that_another_process_keeps_locked(tmp_path: Path) -> None:
    file = make_store(tmp_path / "mlflow.db", latest_revision())
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(ConfigError, match=r"another process keeps the tracking store locked; end it, or measure"):
            make_tracker(tmp_path).check()


def test_somebody_elses_database(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as database:
        database.execute("CREATE TABLE music (title TEXT)")
    with pytest.raises(ConfigError, match=r"a database, but not an MLflow store; name another with tracker\.uri"):
        make_tracker(tmp_path).check()


def test_folder_in_the_place_of_the_store(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").mkdir()
    with pytest.raises(ConfigError, match=r"corrupt or cannot be opened \(unable to open"):
        make_tracker(tmp_path).check()


def test_store_of_a_newer_mlflow(tmp_path: Path) -> None:
    make_store(tmp_path / "mlflow.db", "ffffffffffff")
    with pytest.raises(ConfigError, match=r"made by a newer MLflow \(schema ffffffffffff is unknown"):
        make_tracker(tmp_path).check()


def test_store_of_an_older_mlflow(tmp_path: Path) -> None:
    make_store(tmp_path / "mlflow.db", "451aebb31d03")
    with pytest.raises(ConfigError, match=r"made by an older MLflow .*python -m mlflow db upgrade \"sqlite:///"):
        make_tracker(tmp_path).check()


def test_one_revision_of_the_installed_mlflow_has_no_later_one() -> None:
    assert latest_revision()


def test_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=r"file.mlruns: the tracking store's folder cannot be written"):
        make_tracker(tmp_path / "file" / "mlruns").check()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows lets its owner write into any folder")
def test_folder_that_cannot_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    allowed_anywhere = os.access(tmp_path, os.W_OK)  # root; but even root makes no folder in /proc
    with pytest.raises(ConfigError, match="folder cannot be written"):
        make_tracker(Path("/proc/nowhere") if allowed_anywhere else tmp_path).check()


@pytest.mark.parametrize(
    "uri", ["postgresql://bob:s3cret@host/db", "mlruns", "sqlite://", "sqlite:///:memory:", "file:///a"]
)
def test_other_places_are_refused_with_those_that_there_are(tmp_path: Path, uri: str) -> None:
    with pytest.raises(ConfigError, match=r"tracker\.uri: .*; use sqlite:///PATH, http://HOST:PORT") as caught:
        make_tracker(tmp_path, uri).check()
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("uri", ["http://bob:s3cret@127.0.0.1:1", "http://bob:p@s3cret@127.0.0.1:1/x"])
def test_password_in_an_address_is_refused_since_a_config_is_written_to_disk(tmp_path: Path, uri: str) -> None:
    with pytest.raises(ConfigError, match=r"give http://127\.0\.0\.1:1.* and set MLFLOW_TRACKING_USERNAME") as caught:
        make_tracker(tmp_path, uri).check()
    assert "s3cret" not in str(caught.value)


def test_server_that_is_down_is_a_sentence_and_no_error(tmp_path: Path) -> None:
    said = make_tracker(tmp_path, "http://127.0.0.1:1").check()
    assert said is not None
    assert said.startswith("no MLflow server answers at http://127.0.0.1:1 (")


@pytest.mark.parametrize("uri", ["http://", "http://host:port", "http://[::1"])
def test_broken_address_is_a_sentence(tmp_path: Path, uri: str) -> None:
    with pytest.raises(ConfigError, match=r"tracker\.uri: n"):
        make_tracker(tmp_path, uri).check()


@pytest.mark.slow
def test_no_tracker_publishes_nothing(tmp_path: Path) -> None:
    tracker = NoTracker()
    tracker.check()
    assert tracker.publish(read(make_run_folder(tmp_path))) == "not published"
