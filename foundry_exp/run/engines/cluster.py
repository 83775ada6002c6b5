"""A Ray cluster, by its address: is it there, what do its nodes offer, and the one connection of this process.

Whether it is there is asked by a process of its own, `python -m foundry_exp.run.engines.cluster`, because Ray tries for
two minutes to reach a head that is not there, and cannot be told not to.
"""

import os
import socket
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from foundry_exp.errors import BackendError, ConfigError
from foundry_exp.runtime import worker_side
from foundry_exp.runtime.worker import Worker
from foundry_exp.runtime.worker_side import Parent

_MODULE = "foundry_exp.run.engines.cluster"
SURVEY_S = 20.0
"""A cluster that is there answers within two seconds, most of them for importing Ray."""
_LISTENS_S = 3.0
_START = "start one with `ray start --head`, as the README's “More than one machine” has it"
_OF_EVERY_NODE = "node:", "memory", "object_store_memory"
_QUIET = {"RAY_USAGE_STATS_ENABLED": "0"}


@dataclass(frozen=True, slots=True)
class Node:
    """A machine of the cluster, and how much it offers of what."""

    host: str
    resources: Mapping[str, float]

    def offers(self, need: Mapping[str, float]) -> bool:
        """Whether it could take a cell with this need when it has nothing else to do."""
        return all(self.resources.get(name, 0.0) >= amount for name, amount in need.items())

    def __str__(self) -> str:
        amounts = {name: amount for name, amount in self.resources.items() if not name.startswith(_OF_EVERY_NODE)}
        return f"{self.host} ({', '.join(f'{name} {amount:g}' for name, amount in sorted(amounts.items()))})"


def survey(address: str | None) -> list[Node]:
    """The nodes that are alive; raises ConfigError within seconds when there is no such cluster."""
    if find_spec("ray") is None:
        msg = "engine=ray: the package ray is not installed; pip install 'foundry-exp[ray]'"
        raise ConfigError(msg)
    if address is None:
        msg = f"engine.address: not set, got null; give the head of a cluster as host:port, or {_START}."
        raise ConfigError(msg)
    _need_listener(address)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        log = Path(folder) / "errors.log"
        with Worker.start(_MODULE, {"address": address}, log=log) as worker:
            try:
                answer = worker.answer(SURVEY_S, "asking the cluster")
            except BackendError as error:
                raise _unreachable(address, log.read_text(encoding="utf-8", errors="replace")) from error
    return [Node(**node) for node in answer["nodes"]]


def _need_listener(address: str) -> None:
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=_LISTENS_S):
            return
    except OSError as error:
        raise _unreachable(address, str(error)) from error


def _unreachable(address: str, output: str) -> ConfigError:
    if "InvalidAuthToken" in output:
        return ConfigError(
            f"engine.address: the cluster at {address} refuses the token; set RAY_AUTH_MODE=token and "
            "RAY_AUTH_TOKEN_PATH to the cluster's own."
        )
    own = [line for line in output.strip().splitlines() if not line.startswith("[20")]  # those of its log
    why = f" ({own[-1].strip()[:300]})" if own else ""
    return ConfigError(f"engine.address: no Ray cluster answers at {address}{why}; {_START}.")


def connect(address: str, runtime_env: Mapping[str, Any]) -> None:
    """Connect this process; the connection lasts as long as the process, so that nodes keep their workers."""
    os.environ.update(_QUIET)
    import ray

    ray.init(address=address, log_to_driver=False, logging_level="ERROR", runtime_env=dict(runtime_env))


def is_connected() -> bool:
    """Whether this process has its connection."""
    import ray

    return bool(ray.is_initialized())


def nodes() -> list[Node]:
    """The nodes that are alive, asked over the connection."""
    import ray

    alive = [node for node in ray.nodes() if node["Alive"]]
    return [Node(str(node["NodeManagerHostname"]), node["Resources"]) for node in alive]


def refuse_unplaceable(needs: Sequence[tuple[str, Mapping[str, float]]], offered: Sequence[Node]) -> None:
    """Raise ConfigError for the first cell whose resources no single node has: it would wait for ever."""
    for cell, need in needs:
        if not any(node.offers(need) for node in offered):
            wanted = ", ".join(f"{name} {amount:g}" for name, amount in need.items())
            have = "; ".join(map(str, offered)) or "no node"
            msg = (
                f"engine: {cell} needs a node with {wanted}, and none offers it; the cluster has {have}. Start a node "
                f"with --resources, or change engine.resources and engine.resources_by_accel."
            )
            raise ConfigError(msg)


def work(parent: Parent) -> None:
    """Say the host name and the resources of every node that is alive."""
    connect(parent.job["address"], {})
    alive = [asdict(node) for node in nodes()]
    import ray

    ray.shutdown()
    parent.say("answer", nodes=alive)


if __name__ == "__main__":
    worker_side.run(work)
