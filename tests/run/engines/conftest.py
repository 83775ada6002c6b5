"""A Ray cluster of two nodes on this machine, on loopback alone."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.conftest import absent

NODE: dict[str, Any] = {
    "node_ip_address": "127.0.0.1",
    "include_dashboard": False,
    "num_cpus": 1,
    "object_store_memory": 80_000_000,
}
NOTICED_SOON = {"health_check_period_ms": 500, "health_check_failure_threshold": 3}
"""A dead node, within seconds instead of half a minute."""


class Nodes:
    """The cluster, and its one node that comes and goes."""

    def __init__(self, cluster: Any, place: Path) -> None:
        self.cluster = cluster
        self.place = place
        self._gpu_box: Any = None

    @property
    def address(self) -> str:
        """Of the head."""
        return str(self.cluster.address)

    @property
    def gpu_box_id(self) -> str:
        """What Ray calls that node."""
        return str(self._gpu_box.node_id)

    def start_gpu_box(self) -> None:
        """A node that offers a cell and a GPU box."""
        self._gpu_box = self.start({"cell": 1, "gpu_box": 1})

    def start(self, resources: dict[str, float], **settings: Any) -> Any:
        """A node that keeps the folder of the cell that it measures in the cluster's place."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("TMPDIR", str(self.place))
            return self.cluster.add_node(resources=resources, **NODE, **settings)

    def kill_gpu_box(self) -> None:
        """As a power cut does."""
        self.cluster.remove_node(self._gpu_box, allow_graceful=False)

    def processes(self) -> list[psutil.Process]:
        """Every process that the cluster, or a cell on it, consists of."""
        mine = [process for process in psutil.process_iter() if self._is_mine(process)]
        return [process for process in mine if process.pid != os.getpid()]

    def _is_mine(self, process: psutil.Process) -> bool:
        try:
            return process.environ().get("RAY_TMPDIR") == str(self.place)
        except psutil.Error:
            return False


@pytest.fixture(scope="session")
def nodes() -> Iterator[Nodes]:
    """A head that offers a cell, and a node that offers a cell and a GPU box; shared by all tests."""
    # Paths of sockets are capped at 107 bytes, so pytest's own folders are too long.
    place = Path(tempfile.mkdtemp(prefix="rc"))
    (place / "ray").mkdir()
    token = place / "token"
    token.write_text(secrets.token_hex(32), encoding="utf-8")
    token.chmod(0o600)
    environment = {
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # on Linux the one way to have every listener on loopback
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN_PATH": str(token),
        "RAY_TMPDIR": str(place),
        "RAY_worker_niceness": "0",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():  # before Ray is first imported
            patch.setenv(name, value)
        if find_spec("ray") is None:
            absent("the extra ray is not installed")
        from ray.cluster_utils import Cluster

        cluster = Cluster(shutdown_at_exit=True)
        nodes = Nodes(cluster, place)
        nodes.start({"cell": 1}, temp_dir=str(place), _system_config=NOTICED_SOON)
        nodes.start_gpu_box()
        yield nodes
        import ray

        ray.shutdown()
        cluster.shutdown()
    shutil.rmtree(place, ignore_errors=True)
