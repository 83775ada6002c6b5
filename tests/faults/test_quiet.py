"""What is off unless somebody asks for it: telemetry of the parts that have some, pickles, and servers for others."""

import re
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

import foundry_exp
from foundry_exp.runtime.http.service import ServiceBackend
from tests.conftest import clean_environment, demo_model
from tests.runtime.backends.contract import model_request
from tests.timed_server.service import Behaviour, Service, timed_server

PACKAGE = Path(foundry_exp.__file__).parent
FOUND_S = 30.0

# What a measuring process has set once the runtime is open, and the publishing one before MLflow is imported.
ASKED = """
import os, sys
from pathlib import Path
if sys.argv[1] == "runtime":
    from foundry_exp.runtime.models import runtime
    seen = {}
    import foundry_local_sdk
    true = foundry_local_sdk.Configuration
    def spied(**settings):
        seen.update(settings)
        return true(**settings)
    foundry_local_sdk.Configuration = spied
    folder = Path(sys.argv[2])
    with runtime.opened(folder, folder / "models", folder):
        print(os.environ["ORT_TELEMETRY_DISABLED"], seen["disable_nonessential_telemetry"])
else:
    from foundry_exp.tracking import mlflow_store
    mlflow_store.import_mlflow()
    from mlflow.telemetry.utils import is_telemetry_disabled
    print(os.environ["MLFLOW_DISABLE_TELEMETRY"], is_telemetry_disabled())
"""


@pytest.mark.real
@pytest.mark.parametrize(("part", "said"), [("runtime", "1 True"), ("mlflow", "true True")])
def test_telemetry_is_off(tmp_path: Path, part: str, said: str) -> None:
    environment = {name: value for name, value in clean_environment().items() if "TELEMETRY" not in name}
    environment.pop("DO_NOT_TRACK", None)
    environment.pop("CI", None)
    done = subprocess.run(
        [sys.executable, "-c", ASKED, part, str(tmp_path)],
        env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1:] == [said], done.stderr


def test_nothing_of_ours_reads_or_writes_pickles() -> None:
    # Ray hands Python objects from process to process in a format of its own, and loads none from a file of ours.
    word = re.compile(r"^\s*(import|from) (pickle|cloudpickle|dill|joblib|shelve|marshal)\b", re.MULTILINE)
    guilty = [path.name for path in PACKAGE.rglob("*.py") if word.search(path.read_text(encoding="utf-8"))]
    assert guilty == []
    loads = re.compile(r"yaml\.(load|unsafe_load|full_load)\(|\beval\(|\bexec\(|shell=True|verify=False|_unverified")
    guilty = [path.name for path in PACKAGE.rglob("*.py") if loads.search(path.read_text(encoding="utf-8"))]
    assert guilty == []


def listening(pid: int) -> set[str]:
    """The addresses that a process and what it started wait at; one that ends meanwhile waits nowhere."""
    main_process = psutil.Process(pid)
    found: set[str] = set()
    for process in [main_process, *main_process.children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):
            connections = process.net_connections("inet")
            found |= {one.laddr.ip for one in connections if one.status == psutil.CONN_LISTEN}
    return found


def heard_at(pid: int) -> set[str]:
    """The same, looked for until there is one: the kernel's list of sockets is not read in one go, and may miss one."""
    deadline_s = time.monotonic() + FOUND_S
    while not (found := listening(pid)) and time.monotonic() < deadline_s:
        time.sleep(0.05)
    return found


@pytest.mark.real
def test_the_service_listens_on_the_loopback_alone(tmp_path: Path) -> None:
    backend = ServiceBackend(str(tmp_path), str(tmp_path / "models"), 60.0, 240.0, True)
    backend.load(model_request("demo-small", demo_model("demo-small"), tmp_path))
    try:
        assert backend.model_pid is not None
        assert heard_at(backend.model_pid) == {"127.0.0.1"}
    finally:
        backend.unload()


@pytest.mark.real
def test_the_calibration_server_listens_on_the_loopback_alone() -> None:
    with timed_server(Service({"m": Behaviour()})) as server:
        assert heard_at(server.pid) == {"127.0.0.1"}
