"""How far a client's times are from the server's: calibration.json is a CalibrationResult, field by field."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np

from foundry_exp.errors import BackendError
from foundry_exp.measure.calibration.raw_socket import Timing
from foundry_exp.measure.calibration.timed_server import Truth
from foundry_exp.records.record import CONTENT_KINDS, Record

_NS_PER_MS = 1e6


@dataclass(frozen=True, slots=True)
class Spread:
    """Differences in milliseconds: the mean is the bias; linear percentiles."""

    n: int
    mean_ms: float
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True, slots=True)
class ClientFigures:
    """How far one client's stamps are from the server's."""

    ttft_bias: Spread
    """Client's TTFT − server's TTFT; both from the request itself, also where it was on a schedule."""
    gap_bias: Spread
    """Client's gap − server's gap, over all gaps."""
    gap_error: Spread
    """The same without its sign."""
    e2e_bias: Spread
    """Client's E2E − server's E2E."""
    cpu_s_per_request: float
    """CPU seconds of the client's process, all threads."""
    start_delay: Spread | None = None
    """Start of the request on the wire − when it was due; null where nothing was scheduled."""
    stamped_by: dict[str, int] | None = None
    """How many requests have their times from the kernel, and how many from the clock; null for the bare socket."""


@dataclass(frozen=True, slots=True)
class LoadShape:
    """One load shape: this tool and a bare socket, in turns against the same server."""

    name: str
    concurrency: int | None
    """Requests under way at once; null on a schedule."""
    rate_per_s: float | None
    """Requests started each second, whatever is under way; null where the end of one starts the next."""
    arrivals: Literal["constant", "poisson"] | None
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
    machine: dict[str, Any]
    """Processor, memory, system, Python and packages, as in a run's environment.json."""
    ttft_ms: float
    """What the server's schedule was: time to the first token …"""
    gap_ms: float
    """… and from each to the next …"""
    tokens: int
    """… and how many."""
    shapes: tuple[LoadShape, ...]
    observer: ObserverEffect
    client_overhead_ms: float
    """Mean TTFT bias of this tool with one request at a time: what runs carry."""


def spread(values_ns: Sequence[float]) -> Spread:
    """Summarise differences given in nanoseconds."""
    values = np.asarray(values_ns, dtype=float) / _NS_PER_MS
    return Spread(
        n=len(values),
        mean_ms=float(values.mean()),
        p50_ms=float(np.percentile(values, 50)),
        p99_ms=float(np.percentile(values, 99)),
    )


def timing_of(record: Record) -> Timing:
    """What a record says of its request's times; raises BackendError where the request failed."""
    if record.error is not None:
        msg = f"calibrate: {record.sample_id} failed ({record.error.message}); is the machine overloaded?"
        raise BackendError("calibration", msg)
    content = zip(record.event_ns, record.event_kinds, strict=True)
    stamps_ns = tuple(t_ns for t_ns, kind in content if kind in CONTENT_KINDS)
    return Timing(record.t_start_ns, stamps_ns, record.t_scheduled_ns)


def figures(
    timings: Mapping[str, Timing],
    truths: Mapping[str, Truth],
    cpu_s: float,
    stamped_by: dict[str, int] | None = None,
) -> ClientFigures:
    """Compare each request, by its marker, with the server's truth."""
    late_ns = {marker: _late_ns(marker, timing, truths[marker]) for marker, timing in timings.items()}
    gaps_ns = [after - before for late in late_ns.values() for before, after in pairwise(late)]
    delays_ns = [timing.start_ns - timing.due_ns for timing in timings.values() if timing.due_ns is not None]
    return ClientFigures(
        ttft_bias=spread([late[0] for late in late_ns.values()]),
        gap_bias=spread(gaps_ns),
        gap_error=spread([abs(gap) for gap in gaps_ns]),
        e2e_bias=spread([late[-1] for late in late_ns.values()]),
        cpu_s_per_request=cpu_s / len(timings),
        start_delay=spread(delays_ns) if delays_ns else None,
        stamped_by=stamped_by,
    )


def _late_ns(marker: str, timing: Timing, truth: Truth) -> list[int]:
    """How much later than the server says each event was, each side counting from its own start."""
    if len(timing.event_ns) != len(truth.sent_ns):
        seen, sent = len(timing.event_ns), len(truth.sent_ns)
        msg = f"calibrate: {marker} has {seen} events, but {sent} were sent; report this as a bug."
        raise BackendError("calibration", msg)
    return [
        (seen_ns - timing.start_ns) - (sent_ns - truth.received_ns)
        for seen_ns, sent_ns in zip(timing.event_ns, truth.sent_ns, strict=True)
    ]
