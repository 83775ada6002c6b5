"""`ui`: MLflow's pages over this project's store, on this machine only."""

import argparse
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import IO, Any

import psutil

from foundry_exp.cli import verb_arguments
from foundry_exp.cli.verb_arguments import Options
from foundry_exp.errors import ConfigError, StoreError
from foundry_exp.redact import without_secrets
from foundry_exp.tracking.location import Location, locate
from foundry_exp.tracking.mlflow_store import QUIET
from foundry_exp.tracking.sqlite_store import check_file, is_new

HELP = """\
usage: python -m foundry_exp ui [--port N] [--output-dir DIR] [--uri URI]

Open MLflow over this project's runs, on 127.0.0.1 only. Ctrl-C ends it.
A bare `mlflow ui` would show an empty store of its own: use this instead.

  --port N          default: 5000; `auto` takes a free one
  --output-dir DIR  where the store lies (default: mlruns)
  --uri URI         sqlite:///PATH of another store (default: DIR/mlflow.db)
  -h, --help        this text

example:
  python -m foundry_exp ui --port auto
"""

HOST = "127.0.0.1"
START_S = 120.0
STOP_S = 5.0
LAST_PORT = 65535
MAKE_A_RUN = "make a run first: python -m foundry_exp"

_LATEST_RUN = "SELECT experiment_id FROM runs WHERE lifecycle_stage = 'active' ORDER BY start_time DESC LIMIT 1"
_LATEST_QUEUE = "SELECT experiment_id FROM review_queues ORDER BY creation_time_ms DESC LIMIT 1"


def main(arguments: list[str]) -> int:
    """Serve the store until interrupted: 1 when the server fails, 2 when there is no store or the port is taken."""
    options = verb_arguments.parser("ui", HELP, number=_number, port=5000).parse_args(arguments, Options())
    return _open(locate(options.uri, str(options.output_dir)), options.port)


def _number(text: str) -> int:
    if text == "auto":
        return 0
    if text.isascii() and text.isdecimal() and 0 <= int(text) <= LAST_PORT:
        return int(text)
    msg = f"must be a number from 1 to {LAST_PORT}, or auto for a free one, got {text}"
    raise argparse.ArgumentTypeError(msg)


def _open(location: Location, port: int) -> int:
    if location.file is None:
        print(f"{without_secrets(location.uri)} is a server already: open it in a browser.")
        return 0
    if is_new(location.file):
        msg = f"{location.file}: no tracking store yet; {MAKE_A_RUN}"
        raise ConfigError(msg)
    check_file(location.file)
    return _serve(location, _port(port))


def _port(wanted: int) -> int:
    """A port that nothing listens on: the one wanted, or any for 0."""
    with socket.socket() as probe:
        taken = wanted != 0 and probe.connect_ex((HOST, wanted)) == 0
    with socket.socket() as probe:
        if os.name == "posix":  # elsewhere this option would share a taken port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            if not taken:
                probe.bind((HOST, wanted))
                return int(probe.getsockname()[1])
        except OSError:
            pass
    msg = f"--port: {HOST}:{wanted} is taken or not allowed; choose another number, or --port auto for a free one."
    raise ConfigError(msg)


def _serve(location: Location, port: int) -> int:
    url = f"http://{HOST}:{port}"
    with _interruptible(), tempfile.TemporaryFile() as log:
        server = subprocess.Popen(_command(location, port), env=_environment(), stdout=log, stderr=log)
        try:
            _await_start(server, url, log)
            print("\n".join(greeting(location, url)), flush=True)
            server.wait()
            raise _ended(log)
        except KeyboardInterrupt:
            return 0
        finally:
            _end(server)


def _command(location: Location, port: int) -> list[str]:
    artifacts = location.artifacts.as_uri() if location.artifacts else ""
    store = ["--backend-store-uri", location.uri, "--default-artifact-root", artifacts]
    # One worker: more only wait for the same SQLite file.
    network = ["--host", HOST, "--port", str(port), "--workers", "1"]
    return [sys.executable, "-m", "mlflow", "server", *store, *network]


def _environment() -> dict[str, str]:
    """Quiet, and without MLflow's job runners, which are processes of their own."""
    return {**os.environ, **QUIET, "MLFLOW_LOGGING_LEVEL": "WARNING", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let an ended terminal or a `kill` stop the server as Ctrl-C does."""
    names = [name for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {name: signal.signal(getattr(signal, name), signal.default_int_handler) for name in names}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)


def _await_start(server: "subprocess.Popen[bytes]", url: str, log: IO[bytes]) -> None:
    deadline = time.monotonic() + START_S
    while server.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=2):  # a fixed local http address
                return
        except OSError:
            time.sleep(0.1)
    raise _ended(log)


def _ended(log: IO[bytes]) -> StoreError:
    log.seek(0)
    tail = log.read().decode(errors="replace").strip().splitlines()[-8:]
    return StoreError("\n".join(["ui: MLflow's server did not start or ended by itself; its last lines:", *tail]))


def greeting(location: Location, url: str) -> Iterator[str]:
    """The addresses of what people look for in this store."""
    yield f"MLflow: {url}"
    experiment, to_review = (_first(location, query) for query in (_LATEST_RUN, _LATEST_QUEUE))
    if to_review is not None:
        yield f"  review queues        {url}/#/experiments/{to_review}/review-queue"
    elif experiment is None:
        yield f"  no run in it yet; {MAKE_A_RUN}"
    if experiment is not None:
        page = f"{url}/#/experiments/{experiment}/runs?workflowType=machine_learning&compareRunsMode="
        yield f"  charts               {page}CHART"
        yield f"  answers side by side {page}ARTIFACT"
    yield "Ctrl-C ends it."


def _first(location: Location, query: str) -> Any:
    """The id of an experiment that the newest run or queue belongs to; null when there is none."""
    with closing(sqlite3.connect(str(location.file))) as database:
        row = database.execute(query).fetchone()
    return row[0] if row else None


def _end(server: "subprocess.Popen[bytes]") -> None:
    """End the server and its workers, politely and then not; a second Ctrl-C must not leave any behind."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        main_process = psutil.Process(server.pid)
        family = [*main_process.children(recursive=True), main_process]
    except psutil.NoSuchProcess:
        family = []
    for process in family:
        _quietly(process.terminate)
    _, alive = psutil.wait_procs(family, timeout=STOP_S)
    for process in alive:
        _quietly(process.kill)
    server.wait()
    signal.signal(signal.SIGINT, before)


def _quietly(act: Any) -> None:
    try:
        act()
    except psutil.NoSuchProcess:
        return
