"""The only clock: one request becomes one record, and a workload becomes records in a stated order."""

import hashlib
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from foundry_exp.errors import BackendError
from foundry_exp.protocols import Backend, ChatRequest, Clock, Event
from foundry_exp.records import CONTENT_KINDS, Phase, Record, RequestError, Sample, TokenSource

clock: Clock = time.perf_counter_ns


@dataclass(frozen=True, slots=True)
class Turn:
    """One request to be made: which prompt, in which round, for warm-up or for the record."""

    sample: Sample
    round: int
    phase: Phase


def schedule(samples: Sequence[Sample], rounds: int, warmup: int, seed: int) -> Iterator[Turn]:
    """Warm-up first; then every prompt once a round, shuffled anew, so that drift does not hit one prompt."""
    for number in range(warmup):
        yield Turn(samples[number % len(samples)], 0, "warmup")
    order = random.Random(seed)
    for round_ in range(rounds):
        for sample in order.sample(samples, len(samples)):
            yield Turn(sample, round_, "measure")


def ask(backend: Backend, turn: Turn, request: ChatRequest, attempt: int, clock: Clock = clock) -> Record:
    """Make one request and keep all of it, also when it fails half-way."""
    start_ns = clock()
    events: list[tuple[int, Event]] = []
    error: RequestError | None = None
    try:
        for event in backend.stream(request, clock):
            received_ns = clock()
            events.append((received_ns if event.t_ns is None else event.t_ns, event))
    except BackendError as failure:
        error = RequestError(failure.error_class, str(failure))
    return _record(turn, request, attempt, start_ns, clock(), events, error)


def _record(
    turn: Turn,
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
        sample_id=turn.sample.sample_id,
        prompt_digest=turn.sample.digest,
        round=turn.round,
        phase=turn.phase,
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
