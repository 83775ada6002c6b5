"""`python -m tests.benchmarks.native_and_service`: one model natively and through the service, and what lies between.

The same demonstration model and prompt, one model loaded at a time, each visit in a fresh process with its own
runtime, sides in turns whose order alternates. There is no target: the difference is to be explained. The sides:

native   the SDK in the measuring process
service  ServiceBackend as it is, on sockets that acknowledge at once (TCP_QUICKACK, Linux)
held     the same with quick_ack=false: Foundry 2.2.1 leaves Nagle's algorithm on, so what it sends after the headers
         waits for the client's delayed acknowledgement, 40 ms on Linux. A connection that was idle for about 0.2 s
         acknowledges at once anyway, so that requests with pauses between them do not show it.

Beside the metrics stand the parts of a first token: what native does before its clock starts (a session, the prompt's
tokens counted), when the service's headers and its role chunk came, and the runtime's own TotalTimeMs from its log.
"""

import argparse
import re
import tempfile
import time
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from statistics import mean, median
from typing import Any

import psutil

from foundry_exp.measure import one_request
from foundry_exp.metrics.request import request_metrics
from foundry_exp.records.record import Record
from foundry_exp.runtime.backends import native as sdk
from foundry_exp.runtime.http import transport
from foundry_exp.runtime.http.service import ServiceBackend
from foundry_exp.runtime.models import runtime
from tests.benchmarks.native_stamps import silent
from tests.conftest import demo_model
from tests.runtime.backends.contract import PROMPT, model_request, request

SIDES = ("native", "service", "held")
METRICS = ("ttft_ms", "tpot_ms", "decode_tok_per_s", "e2e_ms")
_WARM_UP = 5
_NS_PER_MS = 1e6
_TOTAL = re.compile(rb"TotalTimeMs=(\d+)")

Parts = dict[str, list[float]]


def visit(side: str, model: str, requests: int, tokens: int) -> Parts:
    """One side's figures by name; for a process of its own."""
    silent()
    parts: Parts = defaultdict(list)
    _watch_preflight(parts)
    _watch_socket(parts)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        data_dir, cache_dir = f"{folder}/data", f"{folder}/models"
        backend: Any = (
            sdk.NativeBackend(data_dir, cache_dir)
            if side == "native"
            else ServiceBackend(
                data_dir, cache_dir, connect_timeout_s=10.0, load_timeout_s=60.0, quick_ack=side == "service"
            )
        )
        loaded = backend.load(model_request(model, demo_model(model), Path(folder)))
        for number in range(_WARM_UP + requests):
            if number == _WARM_UP:
                parts.clear()
            before_ns = time.perf_counter_ns()
            record = one_request.ask(
                backend, one_request.PlannedRequest(PROMPT, 0, "measure"), request(max_tokens=tokens), 0
            )
            parts["before its clock starts"].append((record.t_start_ns - before_ns) / _NS_PER_MS)
            _note(parts, record)
        backend.unload()
        log = b"".join(path.read_bytes() for path in Path(folder).glob(runtime.LOG_GLOB))
    parts["runtime's TotalTimeMs"] = [float(ms) for ms in _TOTAL.findall(log)[-requests:]]
    if "rtt_ms" in loaded.runtime:
        parts["round trip of GET /status"] = [float(loaded.runtime["rtt_ms"])]
    return dict(parts)


def _note(parts: Parts, record: Record) -> None:
    timing = request_metrics(record)
    for name in METRICS:
        if getattr(timing, name) is not None:  # no pace when the whole answer came in one read
            parts[name].append(getattr(timing, name))
    parts["distinct stamps"].append(len(set(record.event_ns)))
    if "role" in record.event_kinds:
        role_ns = record.event_ns[record.event_kinds.index("role")]
        parts["role chunk"].append((role_ns - record.t_start_ns) / _NS_PER_MS)


def _watch_preflight(parts: Parts) -> None:
    refuse = sdk._refuse_overflow

    def timed(session: Any, native: Any) -> None:
        start_ns = time.perf_counter_ns()
        refuse(session, native)
        parts["of it, the prompt's tokens counted"].append((time.perf_counter_ns() - start_ns) / _NS_PER_MS)

    sdk._refuse_overflow = timed


def _watch_socket(parts: Parts) -> None:
    """Note when the first bytes of an answer came."""
    read = transport._Stream.read

    def timed(self: Any, max_bytes: int, timeout: float | None = None) -> bytes:
        trace = self._line.trace
        first = trace is not None and trace.read_ns == 0
        data = read(self, max_bytes, timeout)
        if first:
            parts["headers"].append((trace.read_ns - trace.start_ns) / _NS_PER_MS)
        return data

    transport._Stream.read = timed  # type: ignore[method-assign]


def main() -> None:
    """Print every figure of every side, and the difference from native of each visit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="demo-small")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=40, help="of each side and round")
    parser.add_argument("--tokens", type=int, default=32)
    options = parser.parse_args()
    visits: dict[str, list[Parts]] = {side: [] for side in SIDES}
    for round_ in range(options.rounds):
        for side in SIDES if round_ % 2 == 0 else reversed(SIDES):
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
                got = process.submit(visit, side, options.model, options.requests, options.tokens).result()
            visits[side].append(got)
    print(f"{options.model}, {options.rounds} rounds of {options.requests} requests, load {psutil.getloadavg()[0]:.2f}")
    print("medians over the rounds' medians [difference from native of the same round, least to most]")
    for side, seen in visits.items():
        print(side)
        for name in dict.fromkeys(name for parts in seen for name in parts):
            _line(name, seen, visits["native"])


def _line(name: str, ours: list[Parts], theirs: list[Parts]) -> None:
    middle = mean if name.startswith("runtime") else median  # whole milliseconds: only their mean has decimals
    values = [middle(one[name]) for one in ours if one.get(name)]
    pairs = [(one[name], other[name]) for one, other in zip(ours, theirs, strict=True) if name in one and name in other]
    beyond = [middle(one) - middle(other) for one, other in pairs]
    said = f"[{min(beyond):+8.2f}, {max(beyond):+8.2f}]" if beyond and ours is not theirs else ""
    print(f"    {name:<35} {median(values):8.2f}  {said}")


if __name__ == "__main__":
    main()
