"""The tool against a server with known timing, in turns with a raw socket: bias, spread, cost, observer effect."""

from datetime import UTC, datetime
from statistics import median

from foundry_exp.measure.calibration import shapes
from foundry_exp.measure.calibration.result import CalibrationResult, ObserverEffect
from foundry_exp.measure.calibration.timed_server import Pace, TimedServer, timed_server
from foundry_exp.measure.one_request import PlannedRequest
from foundry_exp.protocols import Clock
from foundry_exp.runtime.machine import environment

_MS_PER_S = 1e3
_NS_PER_MS = 1e6


# Not in conf/: figures of two machines, or of two versions of the tool, compare only against one and the same server.
STANDARD = Pace(ttft_ms=100.0, gap_ms=10.0, tokens=32, work_rounds=20_000)
"""The rounds are of the model that the observer effect is seen on."""


def calibrate(*, requests: int, observer_rounds: int, timing: Pace, clock: Clock) -> CalibrationResult:
    """Measure the tool's own error here and now; `requests` is for each client and load shape."""
    started_at = datetime.now(UTC).isoformat(timespec="seconds")
    models = {
        shapes.STEADY: Pace(ttft_ms=timing.ttft_ms, gap_ms=timing.gap_ms, tokens=timing.tokens),
        shapes.COMPUTING: Pace(tokens=timing.tokens, work_rounds=timing.work_rounds),
    }
    wanted = shapes.load_shapes((timing.ttft_ms + (timing.tokens - 1) * timing.gap_ms) / _MS_PER_S)
    with timed_server(models) as server:
        measured = {name: shapes.run(server, name, shape, requests, clock) for name, shape in wanted.items()}
        observer = _observe(server, observer_rounds, timing.tokens, clock)
    return CalibrationResult(
        started_at=started_at,
        machine={**environment.describe(), **environment.source()},
        ttft_ms=timing.ttft_ms,
        gap_ms=timing.gap_ms,
        tokens=timing.tokens,
        shapes=tuple(measured.values()),
        observer=observer,
        client_overhead_ms=measured[shapes.ONE_AT_A_TIME].tool.ttft_bias.mean_ms,
    )


def _observe(server: TimedServer, rounds: int, tokens: int, clock: Clock) -> ObserverEffect:
    """The computing model's pace under either client, in turns, whose order alternates."""
    paces_ms: dict[str, list[float]] = {"tool": [], "raw": []}
    with shapes.tool(server, shapes.COMPUTING) as ours, shapes.raw_socket(server, shapes.COMPUTING) as least:
        clients = [shapes.MeasuredClient("tool", ours, clock), shapes.MeasuredClient("raw", least, clock)]
        for number in range(rounds + 1):
            for client in clients if number % 2 else reversed(clients):
                client.ask(PlannedRequest(shapes.sample(client.name), number, "measure"))
                sent_ns = server.truths()[client.name].sent_ns
                if number:  # the first of each is warm-up
                    paces_ms[client.name].append((sent_ns[-1] - sent_ns[0]) / _NS_PER_MS / (tokens - 1))
    slower = [100 * (ours / raw - 1) for ours, raw in zip(paces_ms["tool"], paces_ms["raw"], strict=True)]
    return ObserverEffect(rounds, median(paces_ms["tool"]), median(paces_ms["raw"]), median(slower))
