"""A Ray cluster of two nodes on this machine, on loopback alone."""

import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import absent

GPU_BOX = {"cell": 1, "gpu_box": 1}


@pytest.fixture(scope="session")
def ray_cluster() -> Iterator[Any]:
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
        try:
            from ray.cluster_utils import Cluster
        except ImportError:
            absent("the extra ray is not installed")
        cluster = Cluster(shutdown_at_exit=True)
        cluster.add_node(resources={"cell": 1}, temp_dir=str(place), **node_settings())
        cluster.gpu_box = cluster.add_node(resources=GPU_BOX, **node_settings())
        yield cluster
        cluster.shutdown()
    shutil.rmtree(place, ignore_errors=True)


def node_settings() -> dict[str, Any]:
    """What every node is started with; dead nodes are noticed within seconds instead of half a minute."""
    return {
        "node_ip_address": "127.0.0.1",
        "include_dashboard": False,
        "num_cpus": 1,
        "object_store_memory": 80_000_000,
    }
