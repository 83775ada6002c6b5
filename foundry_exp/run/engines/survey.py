"""Print what a Ray cluster offers: python -m foundry_exp.run.engines.survey HOST:PORT.

A process of its own, because Ray tries for two minutes to reach a head that is not there, and cannot be told not to.
"""

import json
import sys
from typing import Any


def main(address: str) -> None:
    """One line of JSON: the host name and the resources of every node that is alive."""
    import ray

    ray.init(address=address, log_to_driver=False, logging_level="ERROR")
    nodes = [{"host": node["NodeManagerHostname"], "resources": node["Resources"]} for node in alive(ray.nodes())]
    print(json.dumps(nodes))


def alive(nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those of Ray's nodes that have not died."""
    return [node for node in nodes if node["Alive"]]


if __name__ == "__main__":
    main(sys.argv[1])
