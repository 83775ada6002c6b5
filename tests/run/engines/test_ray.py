"""A real Ray cluster of two nodes on loopback: placing, dying nodes, interruption, and what is refused."""

import itertools
import shutil
import socket
import subprocess
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import psutil
import pytest

from foundry_exp.records import record_log, run_folder
from foundry_exp.records.record import Record
from foundry_exp.records.run_result import RunResult
from foundry_exp.run.engines.task import Placing, _Follower
from tests import process_group
from tests.conftest import SCRIPTED, Run, native
from tests.run.engines.conftest import Nodes

pytestmark = pytest.mark.real

WAIT_S = 150
LONG = "workload.rounds=40"
JOBLIB = ("hydra/launcher=joblib", "hydra.launcher.n_jobs=2")


@pytest.fixture(autouse=True)
def _nothing_left_on_nodes(nodes: Nodes) -> None:
    """What dead nodes left behind would look like a cell that is measured now."""
    for folder in nodes.place.glob("foundry_exp-*"):
        shutil.rmtree(folder, ignore_errors=True)


def on(nodes: Nodes) -> tuple[str, ...]:
    # A lock of the cluster's own: other tests of this machine may be measuring.
    return ("engine=ray", f"engine.address={nodes.address}", f"device_lock.folder={nodes.place / 'locks'}")


def results(folder: Path) -> dict[str, RunResult]:
    return {path.parent.name: run_folder.read_result(path.parent) for path in folder.glob("mlruns/runs/*/*/run.json")}


def records(folder: Path, cell: str) -> list[Record]:
    (found,) = folder.glob(f"mlruns/runs/*/{cell}")
    return run_folder.read_records(found)


def started(
    folder: Path, *overrides: str, token: Path | None = None
) -> "AbstractContextManager[subprocess.Popen[str]]":
    return process_group.started(folder, overrides, {"RAY_AUTH_TOKEN_PATH": str(token)} if token else None)


def wait_until_measured(nodes: Nodes, cell: str) -> None:
    """Until the cell has a measured request on its node."""
    deadline_s = time.monotonic() + WAIT_S
    while time.monotonic() < deadline_s:
        logs = nodes.place.glob(f"foundry_exp-*/runs/*/{cell}/{record_log.RECORDS_FILE}")
        if any(b'"measure"' in path.read_bytes() for path in logs):
            return
        time.sleep(0.05)
    pytest.fail(f"{cell} was not measured")


def models_running(nodes: Nodes) -> list[psutil.Process]:
    return [process for process in nodes.processes() if "foundry_exp.measure" in words_of(process)]


def words_of(process: psutil.Process) -> list[str]:
    """None of one that has ended meanwhile."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def wait_until_none_runs(nodes: Nodes) -> None:
    deadline_s = time.monotonic() + WAIT_S
    while models_running(nodes):
        assert time.monotonic() < deadline_s, "a model's process outlived its cell"
        time.sleep(0.1)


def said(folder: Path) -> str:
    return (folder / "said.txt").read_text(encoding="utf-8")


def test_demonstration_model_is_measured_on_a_node_and_everything_listens_on_loopback(
    nodes: Nodes, tmp_path: Path
) -> None:
    with started(tmp_path, "model=demo-small", "tracker=none", LONG, *native(tmp_path), *on(nodes)) as process:
        wait_until_measured(nodes, "demo-small")
        connections = [
            connection for one in nodes.processes() for connection in one.net_connections("inet")
            if connection.status == psutil.CONN_LISTEN
        ]  # fmt: skip
        names = {one.name() for one in nodes.processes()}
        assert process.wait(WAIT_S) == 0, said(tmp_path)
    assert any("gcs_server" in name for name in names)
    assert any("raylet" in name for name in names)
    assert len(connections) > 4
    assert {connection.laddr.ip.removeprefix("::ffff:") for connection in connections} == {"127.0.0.1"}
    result = results(tmp_path)["demo-small"]
    assert (result.status, result.environment["engine"]) == ("ok", "ray")
    assert (result.model.execution_provider, result.model.accel_evidence) == ("CPUExecutionProvider", "log")
    assert result.model.disk_mb is not None
    assert result.model.files_digest is not None
    assert result.warnings == tuple(text for text in result.warnings if "niceness" not in text)


def test_cells_are_placed_by_what_their_accel_needs(nodes: Nodes, tmp_path: Path) -> None:
    with started(tmp_path, "-m", *JOBLIB, *SCRIPTED, "accel=cpu,gpu", "generation.seed=1,2", *on(nodes)) as process:
        assert process.wait(WAIT_S) == 0, said(tmp_path)
    found = results(tmp_path)
    assert {result.status for result in found.values()} == {"ok"}
    assert len(found) == 4
    of_gpu = {result.environment["node_id"] for result in found.values() if result.accel == "gpu"}
    assert of_gpu == {nodes.gpu_box_id}


@pytest.mark.long
def test_no_node_measures_two_cells_at_once(nodes: Nodes, tmp_path: Path) -> None:
    locks = ",".join(str(tmp_path / name) for name in "abcd")  # so that it is not the device's lock that keeps order
    engine = ("engine=ray", f"engine.address={nodes.address}", f"device_lock.folder={locks}")
    with started(tmp_path, "-m", "hydra/launcher=joblib", "hydra.launcher.n_jobs=4", *SCRIPTED, *engine) as process:
        assert process.wait(WAIT_S) == 0, said(tmp_path)
    spans: dict[str, list[tuple[int, int]]] = {}
    for name, result in results(tmp_path).items():
        times = [(record.t_start_ns, record.t_end_ns) for record in records(tmp_path, name)]
        span = (min(start for start, _ in times), max(end for _, end in times))
        spans.setdefault(str(result.environment["node_id"]), []).append(span)
    for on_one_node in spans.values():
        ordered = sorted(on_one_node)
        assert all(first[1] <= second[0] for first, second in itertools.pairwise(ordered))


def test_cell_of_a_node_that_dies_is_measured_again_and_says_so(nodes: Nodes, tmp_path: Path) -> None:
    with started(tmp_path, "-m", *JOBLIB, *SCRIPTED, LONG, "accel=cpu,gpu", *on(nodes)) as process:
        wait_until_measured(nodes, "accel-gpu")
        nodes.kill_gpu_box()
        nodes.start_gpu_box()
        assert process.wait(WAIT_S) == 0, said(tmp_path)
    found = results(tmp_path)
    assert {name: result.status for name, result in found.items()} == {"accel-cpu": "ok", "accel-gpu": "ok"}
    assert {record.attempt for record in records(tmp_path, "accel-gpu")} == {1}
    assert any("attempt 0 ended with its node" in text for text in found["accel-gpu"].warnings)
    assert {record.attempt for record in records(tmp_path, "accel-cpu")} == {0}
    wait_until_none_runs(nodes)


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (("engine.max_retries=0",), "lost with the node that measured it"),
        pytest.param(("engine.node_timeout_s=1",), "no node has offered cell 1, gpu_box 1", marks=pytest.mark.long),
    ],
)
def test_cell_whose_node_stays_dead_is_a_failed_row_and_the_sweep_goes_on(
    nodes: Nodes, tmp_path: Path, limits: tuple[str, ...], words: str
) -> None:
    with started(tmp_path, "-m", *JOBLIB, *SCRIPTED, LONG, "accel=cpu,gpu", *limits, *on(nodes)) as process:
        wait_until_measured(nodes, "accel-gpu")
        nodes.kill_gpu_box()
        try:
            assert process.wait(WAIT_S) == 1, said(tmp_path)
        finally:
            nodes.start_gpu_box()
    found = results(tmp_path)
    assert {name: result.status for name, result in found.items()} == {"accel-cpu": "ok", "accel-gpu": "failed"}
    assert words in str(found["accel-gpu"].reason)
    assert "Traceback" not in said(tmp_path)


def test_ctrl_c_brings_what_was_measured_back(nodes: Nodes, tmp_path: Path) -> None:
    with started(tmp_path, *SCRIPTED, LONG, *on(nodes)) as process:
        wait_until_measured(nodes, "custom")
        process_group.interrupt(process)
        assert process.wait(WAIT_S) == 130, said(tmp_path)
    assert results(tmp_path)["custom"].status == "interrupted"
    kept = records(tmp_path, "custom")
    assert any(record.phase == "measure" for record in kept)
    assert all(record.error is None for record in kept)
    wait_until_none_runs(nodes)


def test_cell_ends_on_its_node_when_the_command_is_killed(nodes: Nodes, tmp_path: Path) -> None:
    with started(tmp_path, *SCRIPTED, LONG, *on(nodes)) as process:
        wait_until_measured(nodes, "custom")
        process.kill()
        wait_until_none_runs(nodes)


def test_cell_that_takes_too_long_is_ended_on_its_node_and_keeps_its_records(
    nodes: Nodes, run: Run, tmp_path: Path
) -> None:
    done = run(*SCRIPTED, "workload.rounds=1000", "engine.cell_timeout_s=3", *on(nodes))
    assert done.returncode == 1
    result = results(tmp_path)["custom"]
    assert (result.status, "engine.cell_timeout_s=3" in str(result.reason)) == ("failed", True)
    assert any(record.phase == "measure" for record in records(tmp_path, "custom"))


def test_what_no_node_offers_is_refused_before_anything_starts(nodes: Nodes, run: Run, tmp_path: Path) -> None:
    done = run("-m", *SCRIPTED, "accel=cpu,npu", *on(nodes))
    assert done.returncode == 2
    assert "accel-npu needs a node with cell 1, npu_box 1, and none offers it" in done.stderr
    assert "cell 1, gpu_box 1" in done.stderr
    assert not list(tmp_path.glob("mlruns/runs/*"))


@pytest.mark.long
def test_what_is_no_cluster_of_ours_is_refused_within_seconds(nodes: Nodes, run: Run, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("0" * 64, encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"engine.address=127.0.0.1:{silent.getsockname()[1]}"
        with (
            started(make(tmp_path / "a"), *SCRIPTED, *on(nodes), token=token) as refused,
            started(make(tmp_path / "b"), *SCRIPTED, "engine=ray", address) as unanswered,
        ):
            codes = (refused.wait(WAIT_S), unanswered.wait(WAIT_S))
    assert codes == (2, 2)
    assert "refuses the token" in said(tmp_path / "a")
    assert f"no Ray cluster answers at {address.partition('=')[2]}" in said(tmp_path / "b")
    done = run(*SCRIPTED, "engine=ray", address)
    assert (done.returncode, "no Ray cluster answers" in done.stderr) == (2, True), "nothing listens there any more"


def test_address_has_to_be_given(run: Run) -> None:
    done = run(*SCRIPTED, "engine=ray")
    assert (done.returncode, "engine.address: not set" in done.stderr) == (2, True)


def make(folder: Path) -> Path:
    folder.mkdir()
    return folder


@pytest.mark.parametrize("stops", [0, 1, 2])
@pytest.mark.usefixtures("nodes")  # which makes the first import of Ray in this process
def test_task_that_a_person_ended_by_force_is_interrupted(monkeypatch: pytest.MonkeyPatch, stops: int) -> None:
    import ray

    def crash(_: Any) -> None:
        raise ray.exceptions.WorkerCrashedError

    monkeypatch.setattr(ray, "get", crash)
    order: Any = None
    follower = _Follower(order, Placing({"cell": 1.0}, 1, 60.0), lambda _: None)
    follower._heeded = stops
    follower._hosts = {0: "one", 1: "two"}
    outcome = follower._received(None).outcome
    assert outcome.ending == ("interrupted" if stops else "failed")
    if not stops:
        assert "lost with the node that measured it, two" in (outcome.reason or "")
