"""The tool against a server with known timing, in turns with a bare socket: bias, spread, cost, observer effect."""

from collections.abc import Mapping
from datetime import UTC, datetime
from statistics import median

from foundry_exp.calibration import shapes
from foundry_exp.calibration.behaviour import Behaviour, Service
from foundry_exp.calibration.process import TimedServer, timed_server
from foundry_exp.calibration.result import CalibrationResult, ObserverEffect
from foundry_exp.cell.arrivals import Shape
from foundry_exp.cell.measure import Turn
from foundry_exp.machine import environment
from foundry_exp.protocols import Clock

_MS_PER_S = 1e3
_NS_PER_MS = 1e6


def calibrate(
    *,
    requests: int,
    observer_rounds: int,
    clock: Clock,
    ttft_ms: float = 100.0,
    gap_ms: float = 10.0,
    tokens: int = 32,
    work_rounds: int = 20_000,
    load_shapes: Mapping[str, Shape] | None = None,
) -> CalibrationResult:
    """Measure the tool's own error here and now; `requests` is for each client and shape, by default all shapes."""
    started_at = datetime.now(UTC).isoformat(timespec="seconds")
    models = {
        shapes.STEADY: Behaviour(ttft_ms=ttft_ms, gap_ms=gap_ms, tokens=tokens),
        shapes.COMPUTING: Behaviour(tokens=tokens, work_rounds=work_rounds),
    }
    wanted = load_shapes or shapes.load_shapes((ttft_ms + (tokens - 1) * gap_ms) / _MS_PER_S)
    with timed_server(Service(models)) as server:
        found = {name: shapes.run(server, name, shape, requests, clock) for name, shape in wanted.items()}
        observer = _observe(server, observer_rounds, tokens, clock)
    return CalibrationResult(
        started_at=started_at,
        machine={**environment.describe(), **environment.source()},
        ttft_ms=ttft_ms,
        gap_ms=gap_ms,
        tokens=tokens,
        shapes=tuple(found.values()),
        observer=observer,
        client_overhead_ms=found[shapes.ONE_AT_A_TIME].tool.ttft_bias.mean_ms,
    )


def _observe(server: TimedServer, rounds: int, tokens: int, clock: Clock) -> ObserverEffect:
    """The computing model's pace under either client, in turns, whose order alternates."""
    paces_ms: dict[str, list[float]] = {"tool": [], "bare": []}
    with shapes.tool(server, shapes.COMPUTING) as ours, shapes.bare(server, shapes.COMPUTING) as least:
        sides = [shapes.Side("tool", ours, clock), shapes.Side("bare", least, clock)]
        for number in range(rounds + 1):
            for side in sides if number % 2 else reversed(sides):
                side.ask(Turn(shapes.sample(side.name), number, "measure"))
                sent_ns = server.truths()[side.name].sent_ns
                if number:  # the first of each is warm-up
                    paces_ms[side.name].append((sent_ns[-1] - sent_ns[0]) / _NS_PER_MS / (tokens - 1))
    slower = [100 * (ours / bare - 1) for ours, bare in zip(paces_ms["tool"], paces_ms["bare"], strict=True)]
    return ObserverEffect(rounds, median(paces_ms["tool"]), median(paces_ms["bare"]), median(slower))
