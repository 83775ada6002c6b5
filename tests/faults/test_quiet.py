"""What is off unless somebody asks for it: telemetry of the parts that have some, pickles, and servers for others."""

import re
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

import foundry_exp
from foundry_exp.backends.http.service import ServiceBackend
from foundry_exp.calibration.behaviour import Behaviour, Service
from foundry_exp.calibration.process import timed_server
from tests.backends.contract import model_request
from tests.conftest import clean_environment, demo_model

PACKAGE = Path(foundry_exp.__file__).parent

# What a measuring process has set once the runtime is open, and the publishing one before MLflow is imported.
ASKED = """
import os, sys
from pathlib import Path
if sys.argv[1] == "runtime":
    from foundry_exp.models import runtime
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
    """The addresses that a process and what it started wait at."""
    every = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    found = [connection for process in every for connection in process.net_connections("inet")]
    return {one.laddr.ip for one in found if one.status == psutil.CONN_LISTEN}


def test_the_service_listens_on_the_loopback_alone(tmp_path: Path) -> None:
    backend = ServiceBackend(str(tmp_path), str(tmp_path / "models"), 10.0, 60.0, True)
    backend.load(model_request("demo-small", demo_model("demo-small"), tmp_path))
    try:
        assert backend.model_pid is not None
        assert listening(backend.model_pid) == {"127.0.0.1"}
    finally:
        backend.unload()


def test_the_calibration_server_listens_on_the_loopback_alone() -> None:
    with timed_server(Service({"m": Behaviour()})) as server:
        assert listening(server.pid) == {"127.0.0.1"}
