"""From two sides of the same requests, the client's and the server's, to how far they are apart."""

from collections.abc import Mapping
from itertools import pairwise

from foundry_exp.errors import BackendError
from foundry_exp.measure.calibration.answers import Truth
from foundry_exp.measure.calibration.result import ClientFigures, spread
from foundry_exp.measure.calibration.socket_client import Timing
from foundry_exp.records.record import CONTENT_KINDS, Record


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
