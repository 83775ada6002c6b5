"""One request without the times of its events, so that a report over a thousand runs fits in memory."""

import sys
from dataclasses import dataclass

from foundry_exp.metrics.answers import is_empty
from foundry_exp.metrics.request import PER_REQUEST, Measured, content_ns, due_ns, request_metrics
from foundry_exp.records.record import Phase, Record, RequestError, TokenSource, Usage


@dataclass(frozen=True, slots=True)
class Request:
    """What is needed of a record once its cell is summarised."""

    sample_id: str
    prompt_digest: str
    round: int
    phase: Phase
    attempt: int
    t_start_ns: int
    t_due_ns: int
    """Where its latencies count from."""
    t_first_ns: int | None
    """Its first content event; null without streaming."""
    t_end_ns: int
    figures: tuple[float | None, ...]
    """Each figure of `PER_REQUEST`, in that order; null for a failed or empty answer, some without streaming."""
    tokens: int | None
    """N, as `metrics.request` counts it."""
    estimated: bool
    """N is not the runtime's own count."""
    is_empty: bool
    text: str
    reasoning: str
    usage: Usage | None
    token_source: TokenSource | None
    finish_reason: str | None
    output_hash: str
    error: RequestError | None
    stood_still: str | None

    @property
    def ttft_ms(self) -> float | None:
        """Time to first token."""
        return self.figure("ttft_ms")

    @property
    def e2e_ms(self) -> float | None:
        """Time to the whole answer."""
        return self.figure("e2e_ms")

    def figure(self, name: str) -> float | None:
        """One of its figures."""
        return self.figures[list(PER_REQUEST).index(name)]


def request(record: Record) -> Request:
    """A record with its events summed up; texts that recur are kept once."""
    timing, content = request_metrics(record), content_ns(record)
    return Request(
        sample_id=sys.intern(record.sample_id),
        prompt_digest=sys.intern(record.prompt_digest),
        round=record.round,
        phase=record.phase,
        attempt=record.attempt,
        t_start_ns=record.t_start_ns,
        t_due_ns=due_ns(record),
        t_first_ns=content[0] if content and record.streaming else None,
        t_end_ns=record.t_end_ns,
        figures=tuple(formula(Measured(record, timing)) for formula in PER_REQUEST.values()),
        tokens=timing.tokens,
        estimated=timing.estimated,
        is_empty=is_empty(record),
        text=sys.intern(record.text),
        reasoning=sys.intern(record.reasoning),
        usage=record.usage,
        token_source=record.token_source,
        finish_reason=record.finish_reason,
        output_hash=sys.intern(record.output_hash),
        error=record.error,
        stood_still=record.stood_still,
    )
