"""The only clock: one request becomes one record, failed or not."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from foundry_exp.errors import BackendError
from foundry_exp.protocols import Backend, ChatRequest, Clock, Event
from foundry_exp.records.record import CONTENT_KINDS, Phase, Record, RequestError, Sample, TokenSource

clock: Clock = time.perf_counter_ns

RETRYABLE = frozenset({"connect", "rate_limited", "http_503"})
"""Refused before any work was done, so that trying again cannot hide a failing model."""


@dataclass(frozen=True, slots=True)
class PlannedRequest:
    """One request to be made: which prompt, in which round, for warm-up or for the record."""

    sample: Sample
    round: int
    phase: Phase


@dataclass(frozen=True, slots=True)
class Retries:
    """How often a refused request is tried again, and the pause before the first retry; it doubles."""

    limit: int
    backoff_s: float
    patience_s: float
    """A server that wants to be asked later than that is not asked again: its refusal is the answer."""
    stopped_within_s: Callable[[float], bool]
    """Lets a pause pass; true at once when the cell is told to stop, as `threading.Event.wait` does."""


def ask_patiently(ask: Callable[[], Record], retries: Retries) -> Record | None:
    """Ask until the request is not refused, or the limit is reached; the record says when it was first wanted.

    Null when the cell is told to stop during a pause: the request was not answered, and a resumed cell makes it.
    """
    first = record = ask()
    for number in range(retries.limit):
        if record.error is None or record.error.class_ not in RETRYABLE or record.text or record.reasoning:
            break
        wanted_s = record.error.retry_after_s or 0.0
        if wanted_s > retries.patience_s:
            break
        if retries.stopped_within_s(max(wanted_s, retries.backoff_s * 2**number)):
            return None
        due_ns = first.t_start_ns if first.t_scheduled_ns is None else first.t_scheduled_ns
        record = replace(ask(), retries=number + 1, t_scheduled_ns=due_ns)
    return record


def ask(
    backend: Backend,
    planned: PlannedRequest,
    request: ChatRequest,
    attempt: int,
    due_ns: int | None = None,
    clock: Clock = clock,
) -> Record:
    """Make one request and keep all of it, also when it fails half-way."""
    start_ns = clock()
    events: list[tuple[int, Event]] = []
    error: RequestError | None = None
    try:
        for event in backend.stream(request, clock):
            received_ns = clock()
            events.append((received_ns if event.t_ns is None else event.t_ns, event))
    except BackendError as failure:
        error = RequestError(failure.error_class, str(failure), failure.retry_after_s)
    record = _record(planned, request, attempt, start_ns, clock(), events, error)
    return replace(record, t_scheduled_ns=due_ns) if due_ns is not None else record


def _record(
    planned: PlannedRequest,
    request: ChatRequest,
    attempt: int,
    start_ns: int,
    end_ns: int,
    events: list[tuple[int, Event]],
    error: RequestError | None,
) -> Record:
    starts = [event.request_start_ns for _, event in events if event.request_start_ns is not None]
    content = [event for _, event in events if event.kind in CONTENT_KINDS]
    text = "".join(event.text for event in content if event.kind != "reasoning")
    reasoning = "".join(event.text for event in content if event.kind == "reasoning")
    usage = next((event.usage for _, event in reversed(events) if event.usage), None)
    source: TokenSource | None = "usage" if usage else "events" if content else None
    return Record(
        sample_id=planned.sample.sample_id,
        prompt_digest=planned.sample.digest,
        round=planned.round,
        phase=planned.phase,
        attempt=attempt,
        streaming=request.streaming,
        t_start_ns=starts[0] if starts else start_ns,
        event_ns=tuple(stamp for stamp, _ in events),
        event_kinds=tuple(event.kind for _, event in events),
        t_end_ns=end_ns if error else max((stamp for stamp, _ in events), default=end_ns),
        text=text,
        reasoning=reasoning,
        usage=usage,
        token_source=source,
        first_event_tokens=content[0].tokens if content else None,
        finish_reason=next((event.finish_reason for _, event in reversed(events) if event.finish_reason), None),
        output_hash=hashlib.sha256(f"{reasoning}\0{text}".encode("utf-8", "surrogatepass")).hexdigest(),
        error=error,
    )
