"""One request without the times of its events, so that a report over a thousand runs fits in memory."""

from dataclasses import dataclass

from foundry_exp.metrics.request import request_metrics
from foundry_exp.records.record import Phase, Record, RequestError, TokenSource, Usage


@dataclass(frozen=True, slots=True)
class Request:
    """What reports need of a record."""

    sample_id: str
    round: int
    phase: Phase
    attempt: int
    t_start_ns: int
    ttft_ms: float | None
    """Null for a failed or empty answer, as `e2e_ms` is, and without streaming."""
    e2e_ms: float | None
    text: str
    reasoning: str
    usage: Usage | None
    token_source: TokenSource | None
    finish_reason: str | None
    output_hash: str
    error: RequestError | None


def request(record: Record) -> Request:
    """A record with its events summed up as two times."""
    times = request_metrics(record)
    return Request(
        sample_id=record.sample_id,
        round=record.round,
        phase=record.phase,
        attempt=record.attempt,
        t_start_ns=record.t_start_ns,
        ttft_ms=times.ttft_ms,
        e2e_ms=times.e2e_ms,
        text=record.text,
        reasoning=record.reasoning,
        usage=record.usage,
        token_source=record.token_source,
        finish_reason=record.finish_reason,
        output_hash=record.output_hash,
        error=record.error,
    )
