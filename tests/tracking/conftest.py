"""An MLflow server on PostgreSQL with a served artifact store, as the README starts one, on loopback alone."""

import gc
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from tests.conftest import absent, clean_environment

START_S = 120
QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}


class MlflowServer:
    """`mlflow server`, which can be stopped and started again over the same database."""

    def __init__(self, database: str, place: Path) -> None:
        self.uri = f"http://127.0.0.1:{free_port()}"
        self._database = database
        self._place = place
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        command = [
            sys.executable, "-m", "mlflow", "server", "--backend-store-uri", self._database,
            "--artifacts-destination", str(self._place / "artifacts"),
            "--host", "127.0.0.1", "--port", self.uri.rpartition(":")[2], "--workers", "1",
        ]  # fmt: skip
        log = (self._place / "server.log").open("ab")
        # Nothing here runs jobs, and each of the five processes that wait for some imports MLflow.
        environment = {**clean_environment(), **QUIET, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
        self._process = subprocess.Popen(
            command, cwd=self._place, env=environment, stdout=log, stderr=log, start_new_session=True
        )
        log.close()
        wait_until(self._answers, self._place / "server.log", self._process)

    def _answers(self) -> bool:
        try:
            with urlopen(f"{self.uri}/health", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def stop(self) -> None:
        """SIGTERM, as an administrator or a reboot would."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(START_S)
            self._process = None

    def runs(self, experiment: str) -> list[Any]:
        """Every run that is there and not deleted."""
        client = self.client()
        return list(client.search_runs([client.get_experiment_by_name(experiment).experiment_id]))

    def client(self) -> Any:
        """MLflow's own."""
        from mlflow import MlflowClient

        return MlflowClient(self.uri)


@pytest.fixture(autouse=True, scope="module")
def _connections_end() -> Iterator[None]:
    """MLflow keeps connections to servers open as long as the process; a test's are let go of with its module."""
    yield
    sessions = sys.modules.get("mlflow.utils.request_utils")
    if sessions is not None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            sessions._cached_get_request_session.cache_clear()
            gc.collect()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a database of its own."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin")) or _on_path()
    if not found or find_spec("psycopg2") is None:
        absent("PostgreSQL (Debian's package postgresql) or psycopg2 is not installed")
    with tempfile.TemporaryDirectory(prefix="pg") as folder, _database(found[-1], Path(folder)) as address:
        yield address


@pytest.fixture(scope="session")
def mlflow_server(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlflowServer]:
    """A server that answers."""
    server = MlflowServer(postgres, tmp_path_factory.mktemp("mlflow"))
    server.start()
    yield server
    server.stop()


@contextmanager
def _database(binaries: Path, folder: Path) -> Iterator[str]:
    port, password = free_port(), secrets.token_hex(16)
    secret = folder / "password"
    secret.write_text(password, encoding="utf-8")
    if sys.platform != "win32" and os.geteuid() == 0:  # PostgreSQL refuses root
        shutil.chown(folder, "postgres")
        shutil.chown(secret, "postgres")
    data = str(folder / "data")
    method = ["--auth-host=scram-sha-256", "--auth-local=reject"]
    make = ["initdb", "-D", data, "-U", "mlflow", f"--pwfile={secret}", *method, "-E", "UTF8", "--no-sync"]
    subprocess.run(_as_postgres(binaries, make), check=True, capture_output=True, cwd=folder)
    listen = ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off"]
    with (folder / "postgres.log").open("wb") as log:
        server = subprocess.Popen(
            _as_postgres(binaries, ["postgres", "-D", data, "-p", str(port), *listen]),
            cwd=folder, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        wait_until(lambda: _has_made_a_database(port, password), folder / "postgres.log", server)
        yield f"postgresql+psycopg2://mlflow:{password}@127.0.0.1:{port}/runs"
    finally:
        server.send_signal(signal.SIGINT)  # its fast stop
        server.wait(START_S)


def _has_made_a_database(port: int, password: str) -> bool:
    import psycopg2

    try:
        connection = psycopg2.connect(host="127.0.0.1", port=port, user="mlflow", password=password, dbname="postgres")
    except psycopg2.OperationalError:
        return False
    connection.autocommit = True
    connection.cursor().execute("CREATE DATABASE runs")
    connection.close()
    return True


def _as_postgres(binaries: Path, command: Sequence[str]) -> list[str]:
    program = [str(binaries / command[0]), *command[1:]]
    if sys.platform == "win32" or os.geteuid() != 0:
        return program
    return [
        "setpriv",
        "--reuid=postgres",
        "--regid=postgres",
        "--clear-groups",
        "env",
        "-i",
        "LC_ALL=C.UTF-8",
        *program,
    ]


def _on_path() -> list[Path]:
    postgres = shutil.which("postgres")
    return [Path(postgres).parent] if postgres else []


def wait_until(ready: Any, log: Path, process: "subprocess.Popen[bytes]") -> None:
    """Until it is ready; when it dies or takes too long, the end of its log is the failure."""
    deadline_s = time.monotonic() + START_S
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline_s:
            process.kill()
            process.wait()
            pytest.fail(log.read_text(encoding="utf-8", errors="replace")[-3000:])
        time.sleep(0.1)


def free_port() -> int:
    """A port that nothing listens on at the moment."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
