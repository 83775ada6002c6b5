"""`python -m tests.benchmarks.http_memory`: the client's memory over many requests (target: flat). Asserts nothing."""

import argparse
import time
from pathlib import Path

import psutil

from foundry_exp.protocols import ModelRequest
from foundry_exp.runtime.http.endpoint import EndpointBackend
from tests.runtime.backends.contract import request
from tests.timed_server.service import Behaviour, Service, timed_server

_STEPS = 10


def main() -> None:
    """Print resident memory after each tenth of the requests."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    options = parser.parse_args()
    with timed_server(Service({"m": Behaviour(ttft_ms=0, gap_ms=0, tokens=32)})) as server:
        backend = EndpointBackend(server.base_url, "", connect_timeout_s=10.0, load_timeout_s=10.0, quick_ack=True)
        backend.load(ModelRequest("m", None, None, "auto", None, (), Path()))
        for step in range(_STEPS):
            for _ in range(options.requests // _STEPS):
                for _event in backend.stream(request(), time.perf_counter_ns):
                    pass
            rss_mb = psutil.Process().memory_info().rss / 1e6
            print(f"{(step + 1) * options.requests // _STEPS:>7} requests  {rss_mb:7.1f} MB", flush=True)
        backend.unload()


if __name__ == "__main__":
    main()
