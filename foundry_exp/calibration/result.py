"""What a calibration found."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_NS_PER_MS = 1e6


@dataclass(frozen=True, slots=True)
class Spread:
    """Differences from the truth, in milliseconds; linear percentiles."""

    n: int
    mean_ms: float
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True, slots=True)
class ClientFigures:
    """How far one client's stamps are from the server's."""

    ttft_bias: Spread
    """Client's TTFT − server's TTFT."""
    gap_error: Spread
    """|client's gap − server's gap|, over all gaps."""
    e2e_bias: Spread
    """Client's E2E − server's E2E."""
    cpu_s_per_request: float
    """CPU seconds of the client's process, all threads."""


@dataclass(frozen=True, slots=True)
class LoadShape:
    """One concurrency: this tool and a bare socket, in turns against the same server."""

    concurrency: int
    requests: int
    """Of each client."""
    tool: ClientFigures
    bare_socket: ClientFigures


@dataclass(frozen=True, slots=True)
class ObserverEffect:
    """A CPU-bound model's own pace, as its server saw it."""

    rounds: int
    tool_token_ms: float
    bare_socket_token_ms: float
    slowdown_percent: float
    """How much slower the model is under this tool than under a bare socket: median over the rounds."""


@dataclass(frozen=True, slots=True)
class CalibrationResult:
    """The tool's own error on this machine."""

    started_at: str
    """UTC, ISO 8601."""
    cpu_count: int
    ttft_ms: float
    gap_ms: float
    tokens: int
    shapes: tuple[LoadShape, ...]
    observer: ObserverEffect
    client_overhead_ms: float
    """Mean TTFT bias with one request at a time."""


def spread(values_ns: Sequence[float]) -> Spread:
    """Summarise differences given in nanoseconds."""
    values = np.asarray(values_ns, dtype=float) / _NS_PER_MS
    return Spread(
        n=len(values),
        mean_ms=float(values.mean()),
        p50_ms=float(np.percentile(values, 50)),
        p99_ms=float(np.percentile(values, 99)),
    )
