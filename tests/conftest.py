"""Shared by all tests: the command line as a real process, and what must be there when CI says so."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NoReturn

import pytest

from foundry_exp.files import shipped_files

if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # started in a shell's background, whose children inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)
# Where it is set, every process of every cell compiles the package once more, which takes 0.1 s.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

Run = Callable[..., "subprocess.CompletedProcess[str]"]

_started: list[str] = []
"""What the test at hand has started."""


def _note_what_starts(event: str, arguments: tuple[object, ...]) -> None:
    if event == "subprocess.Popen" and str(arguments[0]) == sys.executable:
        _started.append(f"a process: {arguments[1]}")
    elif event == "socket.bind" and "::1" not in str(arguments[1]):  # urllib3 tries so whether there is IPv6
        _started.append(f"a server at {arguments[1]}")


sys.addaudithook(_note_what_starts)


@pytest.fixture(autouse=True)
def started_only_by_real_tests(request: pytest.FixtureRequest) -> Iterator[None]:
    """`just quick` leaves out what is marked `real`, and so must be without processes and servers."""
    _started.clear()
    yield
    if _started and request.node.get_closest_marker("real") is None:
        pytest.fail(f"mark it @pytest.mark.real, since it started {_started[0]}")


# What the surrounding shell sets must not steer an experiment under test.
_STEERING = ("FOUNDRY_LOCAL_ENDPOINT", "FOUNDRY_EXP_ALLOW", "MLFLOW_TRACKING_URI")


def absent(reason: str) -> NoReturn:
    """Skip for want of a part; in CI nothing may be wanting."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI must have every part: {reason}")
    pytest.skip(reason)


def demo_model(name: str) -> Path:
    """The folder of a demonstration model, which every checkout and wheel has."""
    return shipped_files.shipped("models") / name


def clean_environment() -> dict[str, str]:
    """The environment without what would steer an experiment."""
    return {name: value for name, value in os.environ.items() if name not in _STEERING}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """`run("model=demo-small")`: the tool as a user starts it, in an empty folder, with its own runtime folders."""

    def start(
        *arguments: str, timeout_s: float = 240, cwd: Path | None = None, **variables: str
    ) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            command(arguments),
            cwd=cwd or tmp_path,
            env={**clean_environment(), **variables},
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=timeout_s,
            check=False,
        )

    return start


def command(arguments: Sequence[str]) -> list[str]:
    """How the tool is started."""
    return [sys.executable, "-m", "foundry_exp", *arguments]


def native(folder: Path) -> list[str]:
    """Overrides that keep the runtime's files inside a test's folder."""
    return [f"backend.data_dir={folder / 'foundry'}", f"backend.cache_dir={folder / 'foundry' / 'models'}"]


SCRIPTED = ("backend=scripted", "model=custom", "model.alias=scripted", "draw_plots=false", "tracker=none")


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MLflow's store before its first run: a second to make, nothing to copy."""
    from foundry_exp.tracking import sqlite_store
    from foundry_exp.tracking.location import locate
    from foundry_exp.tracking.mlflow_store import import_mlflow

    location = locate(None, str(tmp_path_factory.mktemp("store")))
    import_mlflow()
    sqlite_store.make(location)
    assert location.file is not None
    return location.file


@pytest.fixture
def made_store(tmp_path: Path, empty_store: Path) -> Path:
    """The store of an output folder that is the test's own."""
    return Path(shutil.copy(empty_store, tmp_path / "mlflow.db"))
