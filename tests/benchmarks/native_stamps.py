"""`python -m tests.benchmarks.native_stamps`: how far native stamps lag the SDK's own callback. Asserts nothing.

Target: at most 0.5 ms at p99 where a token takes 5 ms or more (demo-large; demo-small takes 1.4 ms).
How: the callback is seen through private names of foundry-local-sdk 2.2.1, which a benchmark may use and the product
may not. It reads `session._stream_queue` first and puts its items there, so a property and a queue of ours note when
native code came in. The lag of an event is our stamp minus that moment; it leaves out the callback's own wait for the
interpreter. Each round measures each model with Python's default switch interval and with the cell's (0.1 ms), each
in a fresh process, in turns. First events, on which TTFT rests, are shown apart: a few in a hundred lag 2-4 ms, because
Linux wakes our thread on the core where the model computes, until the next tick (4 ms at 250 Hz). Tying the two to a
core each made that rare (7 of 870 instead of 49); no switch interval, garbage collector or watch thread did.
"""

import argparse
import os
import queue
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from foundry_exp.measure import __main__ as cell
from foundry_exp.measure import one_request
from foundry_exp.records.record import CONTENT_KINDS
from foundry_exp.runtime.backends.native import NativeBackend
from tests.conftest import demo_model
from tests.runtime.backends.contract import PROMPT, model_request, request

TARGETS = {"demo-large": "≤ 0.5", "demo-small": "none"}
_DEFAULT_SWITCH_S = 0.005
_WARM_UP = 3
_NS_PER_MS = 1e6


@contextmanager
def loaded(model: str) -> Iterator[NativeBackend]:
    """A demonstration model in this process, its runtime's files in a folder that goes away."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        backend = NativeBackend(data_dir=f"{folder}/data", cache_dir=f"{folder}/models")
        backend.load(model_request(model, demo_model(model), Path(folder)))
        yield backend
        backend.unload()


def silent() -> None:
    """Drop what native code prints: the SDK repeats its log on stderr."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def watch_callback(seen_ns: list[int]) -> None:
    """Have the SDK note when its callback was entered, for each text item that it then queues."""
    from foundry_local_sdk import ChatSession, TextItem, session

    entered = threading.local()

    class Queue(queue.Queue[Any]):
        def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
            if isinstance(item, TextItem) and item.text:
                seen_ns.append(entered.ns)
            super().put(item, block, timeout)

    def read(self: Any) -> Any:
        entered.ns = time.perf_counter_ns()
        return self.__dict__.get("queue")

    patched: Any = ChatSession
    patched._stream_queue = property(read, lambda self, value: self.__dict__.update(queue=value))
    patched = session
    patched.queue = type("queue", (), {"Queue": Queue})


def lags_ms(model: str, switch_s: float, requests: int, tokens: int) -> tuple[list[list[float]], float]:
    """Each event's lag behind the callback, by request, and the milliseconds an event took; in a fresh process."""
    silent()
    sys.setswitchinterval(switch_s)
    seen_ns: list[int] = []
    watch_callback(seen_ns)
    lags: list[list[float]] = []
    paces: list[float] = []
    with loaded(model) as backend:
        for number in range(_WARM_UP + requests):
            seen_ns.clear()
            asked = request(max_tokens=tokens)
            record = one_request.ask(backend, one_request.PlannedRequest(PROMPT, 0, "measure"), asked, 0)
            pairs = zip(record.event_ns, record.event_kinds, strict=True)
            ours_ns = [stamp for stamp, kind in pairs if kind in CONTENT_KINDS]
            if number >= _WARM_UP:
                lags.append([(ours - seen) / _NS_PER_MS for ours, seen in zip(ours_ns, seen_ns, strict=True)])
                paces.append((ours_ns[-1] - ours_ns[0]) / (len(ours_ns) - 1) / _NS_PER_MS)
    return lags, float(np.median(paces))


def main() -> None:
    """Print the lag of each model with each switch interval, over all rounds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--requests", type=int, default=30, help="of each model, switch interval and round")
    parser.add_argument("--tokens", type=int, default=64)
    options = parser.parse_args()
    cases = [(model, switch_s) for model in TARGETS for switch_s in (_DEFAULT_SWITCH_S, cell._SWITCH_INTERVAL_S)]
    lags: dict[tuple[str, float], list[list[float]]] = {case: [] for case in cases}
    paces: dict[tuple[str, float], list[float]] = {case: [] for case in cases}
    for model, switch_s in cases * options.rounds:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
            got, pace = process.submit(lags_ms, model, switch_s, options.requests, options.tokens).result()
        lags[model, switch_s] += got
        paces[model, switch_s].append(pace)
    print(f"{options.rounds} rounds of {options.requests} requests, load {psutil.getloadavg()[0]:.2f}")
    for (model, switch_s), requests in lags.items():
        pace = float(np.median(paces[model, switch_s]))
        print(f"{model} ({pace:.2f} ms an event), switch interval {switch_s * 1000:g} ms")
        _line("all events", [lag for request_ in requests for lag in request_], TARGETS[model])
        _line("first events", [request_[0] for request_ in requests], "none")


def _line(name: str, lags: list[float], target: str) -> None:
    p50, p99, most = np.percentile(lags, [50, 99, 100])
    print(f"    {name:<13} lag mean {np.mean(lags):.3f}  p50 {p50:.3f}  p99 {p99:.3f}  max {most:.3f} ms", end="")
    print(f"  n {len(lags):<6} target p99 {target}")


if __name__ == "__main__":
    main()
