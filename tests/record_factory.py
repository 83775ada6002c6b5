"""Records from plain numbers: times in ms after the request's start, tokens and text as they are."""

import hashlib
from collections.abc import Sequence

from foundry_exp.records.record import EventKind, Phase, Record, RequestError, TokenSource, Usage

NS_PER_MS = 1_000_000


def make_record(
    sample_id: str = "p1",
    content_ms: Sequence[float] = (100.0, 110.0, 120.0, 130.0),
    *,
    round_: int = 0,
    phase: Phase = "measure",
    attempt: int = 1,
    start_ms: float = 0.0,
    streaming: bool = True,
    kinds: Sequence[EventKind] | None = None,
    role_ms: float | None = None,
    end_ms: float | None = None,
    over_ms: float | None = None,
    text: str | None = None,
    reasoning: str = "",
    tokens: int | None = -1,
    prompt_tokens: int = 20,
    cached_tokens: int | None = None,
    token_source: TokenSource | None = "usage",
    first_event_tokens: int | None = None,
    finish_reason: str | None = "stop",
    error: str | None = None,
    retries: int = 0,
) -> Record:
    """One request whose content events come at `content_ms`; by default as many tokens as events.

    `tokens=None` means that nothing counted them. A role event and an end event are added when given a
    time. Without streaming the one content time is the response's.
    """
    events = _events(content_ms, kinds, role_ms, end_ms)
    counted = len(content_ms) if tokens == -1 else tokens
    answer = " ".join(f"word{place}" for place in range(len(content_ms))) if text is None else text
    start_ns = _ns(start_ms)
    last_ms = max((at for at, _ in events), default=0.0) if over_ms is None else over_ms
    return Record(
        sample_id=sample_id,
        prompt_digest=hashlib.sha256(sample_id.encode()).hexdigest()[:16],
        round=round_,
        phase=phase,
        attempt=attempt,
        streaming=streaming,
        t_start_ns=start_ns,
        event_ns=tuple(start_ns + _ns(at) for at, _ in events),
        event_kinds=tuple(kind for _, kind in events),
        t_end_ns=start_ns + _ns(last_ms),
        text=answer,
        reasoning=reasoning,
        usage=None if counted is None else Usage(prompt_tokens, counted, cached_tokens),
        token_source=None if counted is None else token_source,
        first_event_tokens=first_event_tokens,
        finish_reason=None if error else finish_reason,
        output_hash=hashlib.sha256(f"{reasoning}\0{answer}".encode()).hexdigest(),
        error=RequestError(error, f"{error}: made by a test") if error else None,
        retries=retries,
    )


def _events(
    content_ms: Sequence[float],
    kinds: Sequence[EventKind] | None,
    role_ms: float | None,
    end_ms: float | None,
) -> list[tuple[float, EventKind]]:
    text: EventKind = "text"
    events: list[tuple[float, EventKind]] = [] if role_ms is None else [(role_ms, "role")]
    events += zip(content_ms, [text] * len(content_ms) if kinds is None else kinds, strict=True)
    return events if end_ms is None else [*events, (end_ms, "end")]


def _ns(ms: float) -> int:
    return round(ms * NS_PER_MS)
