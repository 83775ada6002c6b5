"""The metrics of one request. A value that is not defined is null, never 0."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from foundry_exp.records.record import CONTENT_KINDS, EventKind, Record

EMPTY_ANSWER = "empty answer"
STOOD_STILL = "stood still"
CLOCK_RAN_BACKWARDS = "an event is stamped before the one before it"

_NS_PER_MS = 1e6
_MS_PER_S = 1e3


@dataclass(frozen=True, slots=True)
class RequestMetrics:
    """What one request measured. A content event carries reasoning, text or a tool call."""

    ttft_ms: float | None = None
    """Time to first token: first content event - start; null without streaming."""
    ttfo_ms: float | None = None
    """Time to first output: first text that is not reasoning - start; null without streaming."""
    e2e_ms: float | None = None
    """End to end: last content event - start; without streaming, response - start."""
    tpot_ms: float | None = None
    """Time per output token: (last - first content event) / (N - n1), n1 as in `first_event_tokens`."""
    gaps_ms: tuple[float, ...] | None = None
    """Gaps between content events, in order; empty for a single one, null without streaming."""
    decode_tok_per_s: float | None = None
    """(N - n1) / (last - first content event)."""
    output_tok_per_s: float | None = None
    """N / e2e."""
    prefill_tok_per_s: float | None = None
    """Prompt tokens / ttft: effective, so it includes queue and transport, and too high when `cached`."""
    tokens_per_event: float | None = None
    """N / content events."""
    tokens: int | None = None
    """N, the answer's tokens; null when nothing counted them or the count is 0 despite content."""
    estimated: bool = False
    """N is not the runtime's own count, so no value made from it may be ranked."""
    cached: bool = False
    """Some of the prompt came from a cache, says the runtime."""
    void: str | None = None
    """Why every value is null: the error's class, or what is wrong with the record."""


class Measured(NamedTuple):
    """A record of the measured phase with its metrics."""

    record: Record
    timing: RequestMetrics


PER_REQUEST: dict[str, Callable[[Measured], float | None]] = {
    "ttft_ms": lambda one: one.timing.ttft_ms,
    "ttfo_ms": lambda one: one.timing.ttfo_ms,
    "e2e_ms": lambda one: one.timing.e2e_ms,
    "tpot_ms": lambda one: one.timing.tpot_ms,
    "tokens_per_event": lambda one: one.timing.tokens_per_event,
    "decode_tok_per_s": lambda one: one.timing.decode_tok_per_s,
    "output_tok_per_s": lambda one: one.timing.output_tok_per_s,
    "prefill_tok_per_s": lambda one: one.timing.prefill_tok_per_s,
}
"""The formula of every figure that each request has one of."""


def measured(records: Iterable[Record]) -> list[Measured]:
    """The records of the measured phase in the order of their starts, attempt by attempt."""
    chosen = sorted((record for record in records if record.phase == "measure"), key=_start_order)
    return [Measured(record, request_metrics(record)) for record in chosen]


def succeeded(cell: Iterable[Measured]) -> list[Measured]:
    """Those without an error; an empty answer is one of them."""
    return [one for one in cell if one.record.error is None]


def _start_order(record: Record) -> tuple[int, int, str, int]:
    """A key that sorts by start; clocks of two attempts cannot be compared, so the attempt comes first."""
    return record.attempt, record.t_start_ns, record.sample_id, record.round


def cold_ttft_ms(records: Iterable[Record]) -> float | None:
    """The ttft of the first request after the model was loaded; null when that was no warm-up or failed."""
    first = min(records, key=_start_order, default=None)
    return request_metrics(first).ttft_ms if first is not None and first.phase == "warmup" else None


def request_metrics(record: Record) -> RequestMetrics:
    """Every metric of one request; all null when it failed."""
    void = _why_void(record)
    if void is not None:
        return RequestMetrics(void=void)
    return _streamed(record) if record.streaming else _whole(record)


def content_ns(record: Record, kinds: Iterable[EventKind | str] = CONTENT_KINDS) -> list[int]:
    """The times of the events that carried something, ns."""
    wanted = frozenset(kinds)
    return [at for at, kind in zip(record.event_ns, record.event_kinds, strict=True) if kind in wanted]


def due_ns(record: Record) -> int:
    """Where latencies count from: the time the request was due, if that was before it could start.

    Of one that was tried again, the start of the try that answered: a server that refuses says nothing of a model.
    """
    return record.t_start_ns if record.t_scheduled_ns is None or record.retries else record.t_scheduled_ns


def waited_ns(record: Record) -> tuple[int, int] | None:
    """From when to when the caller waited for the last try; null for a request that was not tried again."""
    if not record.retries or record.t_scheduled_ns is None:
        return None
    return record.t_scheduled_ns, record.t_start_ns


def answered_ns(record: Record) -> int | None:
    """When the answer was complete: the last content event; without streaming the response. Null if empty."""
    content = content_ns(record)
    if content:
        return content[-1]
    if record.streaming or not (record.text or record.reasoning):
        return None
    return record.event_ns[-1] if record.event_ns else record.t_end_ns


def first_event_tokens(record: Record, tokens: int, events: int) -> int:
    """n1, the tokens of the first content event, at least 1.

    As the backend says; if it does not, round(N / content events), the mean tokens of an event, which is
    1 when there are as many tokens as events. Taking 1 when events carry four tokens each would make
    the decode rate about 10 % too high (GuideLLM, AIPerf and llama-benchy do).
    """
    if record.first_event_tokens is not None:
        return record.first_event_tokens
    return max(1, round(tokens / events))


def _streamed(record: Record) -> RequestMetrics:
    start, content, tokens = due_ns(record), content_ns(record), _tokens(record)
    text = content_ns(record, ("text",))
    ttft, e2e = _ms(start, content[0]), _ms(start, content[-1])
    decoded, span = _decoded(record, tokens, content), _ms(content[0], content[-1])
    return RequestMetrics(
        ttft_ms=ttft,
        ttfo_ms=_ms(start, text[0]) if text else None,
        e2e_ms=e2e,
        tpot_ms=span / decoded if decoded else None,
        gaps_ms=tuple(_ms(before, after) for before, after in pairwise(content)),
        decode_tok_per_s=_rate(decoded, span),
        output_tok_per_s=_rate(tokens, e2e),
        prefill_tok_per_s=_rate(record.usage.prompt_tokens if record.usage else None, ttft),
        tokens_per_event=tokens / len(content) if tokens else None,
        tokens=tokens,
        estimated=_is_estimated(record),
        cached=_is_cached(record),
    )


def _whole(record: Record) -> RequestMetrics:
    answered, tokens = answered_ns(record), _tokens(record)
    e2e = None if answered is None else _ms(due_ns(record), answered)
    return RequestMetrics(
        e2e_ms=e2e,
        output_tok_per_s=_rate(tokens, e2e),
        tokens=tokens,
        estimated=_is_estimated(record),
        cached=_is_cached(record),
    )


def _why_void(record: Record) -> str | None:
    if record.error is not None:
        return record.error.class_
    if record.stood_still is not None:
        return STOOD_STILL
    if any(after < before for before, after in pairwise((record.t_start_ns, *record.event_ns))):
        return CLOCK_RAN_BACKWARDS
    return EMPTY_ANSWER if answered_ns(record) is None else None


def _tokens(record: Record) -> int | None:
    """N; a count of 0 for an answer with content is a contradiction, not a measurement."""
    if record.usage is None or record.token_source is None or record.usage.completion_tokens <= 0:
        return None
    return record.usage.completion_tokens


def _decoded(record: Record, tokens: int | None, content: Sequence[int]) -> int | None:
    """N - n1, the tokens made between the first and the last content event; null when that is no interval."""
    if tokens is None or content[-1] == content[0]:
        return None
    decoded = tokens - first_event_tokens(record, tokens, len(content))
    return decoded if decoded > 0 else None


def _is_estimated(record: Record) -> bool:
    return _tokens(record) is not None and record.token_source != "usage"


def _is_cached(record: Record) -> bool:
    return record.usage is not None and bool(record.usage.cached_tokens)


def _ms(start_ns: int, end_ns: int) -> float:
    return (end_ns - start_ns) / _NS_PER_MS


def _rate(amount: int | None, duration_ms: float | None) -> float | None:
    """Amount per second; null when either is unknown or 0."""
    return amount * _MS_PER_S / duration_ms if amount and duration_ms else None
