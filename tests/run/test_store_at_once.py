"""Several processes on one fresh store, and a publisher that is killed: nothing breaks, and nothing stays RUNNING."""

import subprocess
import sys
from pathlib import Path

import pytest

from foundry_exp.results.cell import read
from foundry_exp.tracking.mlflow_store import MlflowTracker
from tests.conftest import SCRIPTED, clean_environment, command
from tests.run_folders import make_run_folder
from tests.tracking.test_publish import open_client

pytestmark = pytest.mark.real

UNTRACKED = [text for text in SCRIPTED if not text.startswith("tracker")]


def test_four_processes_starting_on_a_fresh_store_all_succeed(tmp_path: Path) -> None:
    quick = [*UNTRACKED, "workload.rounds=1", "workload.warmup=0", f"device_lock.folder={tmp_path / 'locks'}"]
    processes = [
        subprocess.Popen(
            command([*quick, f"sweep.name=sweep-{number}"]), cwd=tmp_path, env=clean_environment(), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        for number in range(4)
    ]  # fmt: skip
    outputs = [process.communicate(timeout=300)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0, 0], outputs
    assert not any("not published" in text for text in outputs)
    client = open_client(tmp_path / "mlruns")
    runs = client.search_runs([client.get_experiment_by_name("foundry_exp").experiment_id])
    assert sorted(run.data.tags["foundry.sweep_id"] for run in runs) == [f"sweep-{number}" for number in range(4)]
    assert {run.info.status for run in runs} == {"FINISHED"}


PUBLISHER = """
import sys, time
from pathlib import Path
from mlflow import MlflowClient
from foundry_exp.results.cell import read
from foundry_exp.tracking.mlflow_store import MlflowTracker

def stuck(self, run_id, path, inside):
    print("midway", flush=True)
    time.sleep(600)

MlflowClient.log_artifact = stuck
MlflowTracker(None, "foundry_exp", sys.argv[1]).publish(read(Path(sys.argv[2])))
"""


@pytest.mark.parametrize("again", [True, False])
def test_a_run_whose_publisher_was_killed_does_not_stay_running(tmp_path: Path, again: bool) -> None:
    first, second = (make_run_folder(tmp_path / "runs", model=model) for model in ("demo-small", "demo-large"))
    with subprocess.Popen(
        [sys.executable, "-c", PUBLISHER, str(tmp_path), str(first)], env=clean_environment(), text=True,
        stdout=subprocess.PIPE,
    ) as publisher:  # fmt: skip
        assert publisher.stdout is not None
        assert publisher.stdout.readline() == "midway\n"
        publisher.kill()
    client = open_client(tmp_path)
    experiment = [client.get_experiment_by_name("foundry_exp").experiment_id]
    assert [run.info.status for run in client.search_runs(experiment)] == ["RUNNING"]
    MlflowTracker(None, "foundry_exp", str(tmp_path)).publish(read(first if again else second))
    found = {run.data.tags["foundry.run_id"]: run.info.status for run in client.search_runs(experiment)}
    mine, other = (f"{folder.parent.name}/{folder.name}" for folder in (first, second))
    assert found == ({mine: "FINISHED"} if again else {mine: "KILLED", other: "FINISHED"})
