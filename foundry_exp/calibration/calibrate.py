"""The tool against a server with known timing, in turns with a bare socket: bias, spread, cost, observer effect."""

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from statistics import median

from foundry_exp.backends.http.endpoint import EndpointBackend
from foundry_exp.calibration.answers import Truth
from foundry_exp.calibration.behaviour import Behaviour, Service
from foundry_exp.calibration.process import TimedServer, timed_server
from foundry_exp.calibration.result import CalibrationResult, ClientFigures, LoadShape, ObserverEffect, spread
from foundry_exp.calibration.socket_client import SocketClient, Timing
from foundry_exp.errors import BackendError
from foundry_exp.protocols import ChatRequest, Clock, ModelRequest
from foundry_exp.records import CONTENT_KINDS, Message

STEADY, COMPUTING = "steady", "computing"
_TIMEOUT_S = 60.0
_BLOCK = 5
"""Requests of each thread before it is the other client's turn: near enough to share the machine's mood."""

Ask = Callable[[str], Timing]


def calibrate(
    *,
    requests: int,
    observer_rounds: int,
    clock: Clock,
    concurrencies: tuple[int, ...] = (1, 4),
    ttft_ms: float = 100.0,
    gap_ms: float = 10.0,
    tokens: int = 32,
    work_rounds: int = 20_000,
) -> CalibrationResult:
    """Measure the tool's own error here and now; `requests` is for each client and concurrency."""
    models = {
        STEADY: Behaviour(ttft_ms=ttft_ms, gap_ms=gap_ms, tokens=tokens),
        COMPUTING: Behaviour(tokens=tokens, work_rounds=work_rounds),
    }
    with timed_server(Service(models)) as server:
        shapes = tuple(_shape(server, concurrency, requests, clock) for concurrency in concurrencies)
        observer = _observe(server, observer_rounds, tokens, clock)
    return CalibrationResult(
        started_at=datetime.now(UTC).isoformat(timespec="seconds"),
        cpu_count=os.cpu_count() or 1,
        ttft_ms=ttft_ms,
        gap_ms=gap_ms,
        tokens=tokens,
        shapes=shapes,
        observer=observer,
        client_overhead_ms=shapes[0].tool.ttft_bias.mean_ms,
    )


def _shape(server: TimedServer, concurrency: int, requests: int, clock: Clock) -> LoadShape:
    with _tool(server, STEADY, clock) as tool, _bare(server, STEADY, concurrency) as bare:
        for name, ask in (("warm-tool", tool), ("warm-bare", bare)):
            _block(ask, name, concurrency, concurrency)
        server.truths()
        seen: dict[str, tuple[dict[str, Timing], list[float]]] = {"tool": ({}, []), "bare": ({}, [])}
        block = _BLOCK * concurrency
        for turn in range(-(-requests // block)):
            size = min(block, requests - turn * block)
            for name, ask in (("tool", tool), ("bare", bare)):
                start_s = time.process_time()
                seen[name][0].update(_block(ask, f"{name}-{turn}", size, concurrency))
                seen[name][1].append(time.process_time() - start_s)
        truths = server.truths()
    return LoadShape(
        concurrency=concurrency,
        requests=requests,
        tool=_figures(*seen["tool"], truths),
        bare_socket=_figures(*seen["bare"], truths),
    )


def _block(ask: Ask, name: str, requests: int, concurrency: int) -> dict[str, Timing]:
    """Ask `requests` times in all, `concurrency` at a time; timings by marker."""
    markers = [f"{name}-{number}" for number in range(requests)]
    if concurrency == 1:
        return {marker: ask(marker) for marker in markers}
    with ThreadPoolExecutor(concurrency) as threads:
        return dict(zip(markers, threads.map(ask, markers), strict=True))


def _figures(timings: dict[str, Timing], cpu_s: list[float], truths: dict[str, Truth]) -> ClientFigures:
    ttft_ns: list[float] = []
    gaps_ns: list[float] = []
    e2e_ns: list[float] = []
    for marker, timing in timings.items():
        truth = truths[marker]
        if len(timing.event_ns) != len(truth.sent_ns):
            seen, sent = len(timing.event_ns), len(truth.sent_ns)
            msg = f"calibrate: {marker} has {seen} events, but {sent} were sent; report this as a bug."
            raise BackendError("calibration", msg)
        late_ns = [
            (seen_ns - timing.start_ns) - (sent_ns - truth.received_ns)
            for seen_ns, sent_ns in zip(timing.event_ns, truth.sent_ns, strict=True)
        ]
        ttft_ns.append(late_ns[0])
        e2e_ns.append(late_ns[-1])
        gaps_ns += [abs(after - before) for before, after in pairwise(late_ns)]
    return ClientFigures(spread(ttft_ns), spread(gaps_ns), spread(e2e_ns), sum(cpu_s) / len(timings))


def _observe(server: TimedServer, rounds: int, tokens: int, clock: Clock) -> ObserverEffect:
    """The computing model's pace under either client, in turns, whose order alternates."""
    paces_ms: dict[str, list[float]] = {"tool": [], "bare": []}
    with _tool(server, COMPUTING, clock) as tool, _bare(server, COMPUTING, 1) as bare:
        for number in range(rounds + 1):
            turns = [("tool", tool), ("bare", bare)]
            for name, ask in turns if number % 2 else reversed(turns):
                ask(name)
                sent_ns = server.truths()[name].sent_ns
                if number:  # the first of each is warm-up
                    paces_ms[name].append((sent_ns[-1] - sent_ns[0]) / 1e6 / (tokens - 1))
    slower = [100 * (ours / bare - 1) for ours, bare in zip(paces_ms["tool"], paces_ms["bare"], strict=True)]
    return ObserverEffect(rounds, median(paces_ms["tool"]), median(paces_ms["bare"]), median(slower))


@contextmanager
def _tool(server: TimedServer, model: str, clock: Clock) -> Iterator[Ask]:
    """The HTTP backend of this project."""
    backend = EndpointBackend(server.base_url, "", connect_timeout_s=_TIMEOUT_S, load_timeout_s=_TIMEOUT_S)
    backend.load(ModelRequest(model, None, None, "auto", None, (), Path()))

    def ask(marker: str) -> Timing:
        events = [event for event in backend.stream(_request(marker), clock) if event.kind in CONTENT_KINDS]
        times = tuple(event.t_ns for event in events if event.t_ns is not None)
        return Timing(events[0].request_start_ns or 0, times)

    try:
        yield ask
    finally:
        backend.unload()


@contextmanager
def _bare(server: TimedServer, model: str, concurrency: int) -> Iterator[Ask]:
    """Bare sockets, one for each request at a time."""
    clients = [SocketClient(server.url, model, _TIMEOUT_S) for _ in range(concurrency)]
    idle = list(clients)

    def ask(marker: str) -> Timing:
        client = idle.pop()
        try:
            return client.ask(marker)
        finally:
            idle.append(client)

    try:
        yield ask
    finally:
        for client in clients:
            client.close()


def _request(marker: str) -> ChatRequest:
    return ChatRequest(
        messages=(Message("user", marker),),
        streaming=True,
        temperature=0.0,
        top_p=1.0,
        top_k=1,
        seed=0,
        max_tokens=1024,
        first_token_timeout_s=_TIMEOUT_S,
        idle_timeout_s=_TIMEOUT_S,
        total_timeout_s=_TIMEOUT_S,
    )
