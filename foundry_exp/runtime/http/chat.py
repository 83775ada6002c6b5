"""Chat completions, parsed after the request ended: stamped bytes in, events of the protocol out."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from foundry_exp.errors import BackendError
from foundry_exp.protocols import Event
from foundry_exp.records.record import EventKind, Usage
from foundry_exp.runtime.http import answer_end, content, service_error, sse

_DONE = b"[DONE]"


def streamed(
    pieces: Iterable[tuple[int, bytes]],
    start_ns: int,
    where: str,
    cut: BackendError | None = None,
    accepted: frozenset[str] = frozenset(),
) -> Iterator[Event]:
    """The events of a stream; `cut` is what ended it, and is raised after what came before it.

    `[DONE]` ends the stream, and so does its last byte; whether the answer is whole, its finish_reason says.
    `accepted`: the end reasons that are taken as well.
    """
    answer = _Answer(start_ns, where, accepted)
    t_ns = start_ns
    for event in sse.parse(pieces):
        t_ns, data = event.t_ns, event.data.strip()
        if event.name or event.stray:
            answer.check(event)
        if not event.complete and (event.stray or (data not in (b"", _DONE) and _json(data) is None)):
            raise cut or _truncated(where)  # the connection ended within this event
        if data not in (b"", _DONE):  # some services keep a connection alive with `data:` alone
            yield from answer.chunk(event)
        if data == _DONE:
            yield answer.end(t_ns)
            return
    if cut is not None or not answer.has_ended:
        raise cut or _truncated(where)
    yield answer.end(t_ns)


def _truncated(where: str) -> BackendError:
    msg = f"{where}: the stream ended without a finish_reason and [DONE]; see the service's log."
    return BackendError("stream_truncated", msg)


def whole(body: bytes, t_ns: int, start_ns: int, where: str, accepted: frozenset[str] = frozenset()) -> Iterator[Event]:
    """The events of an answer that came in one piece: all at the time of its last byte."""
    answer = _Answer(start_ns, where, accepted)
    yield from answer.chunk(sse.SseEvent(t_ns, body))
    yield answer.end(t_ns)


class _Answer:
    """What has been learned from the chunks so far."""

    def __init__(self, start_ns: int, where: str, accepted: frozenset[str]) -> None:
        self._start_ns = start_ns
        self._accepted = accepted
        self._where = where
        self._usage: Usage | None = None
        self._counted_tokens = 0
        self._finish_reason: str | None = None
        self._has_answer = self._has_choice = False
        self._unread = ""

    @property
    def has_ended(self) -> bool:
        """Whether a finish_reason has come."""
        return self._finish_reason is not None

    def check(self, event: sse.SseEvent) -> None:
        """Raise the error that an event is by its name, or that stands beside its data."""
        told = service_error.stray_words(_decoded(event.stray))
        if told is None and service_error.is_error_name(_decoded(event.name)):
            told = service_error.words(service_error.value(_decoded(event.data)), failed=True)
        if told is not None:
            raise service_error.raised(self._where, told)

    def chunk(self, event: sse.SseEvent) -> Iterator[Event]:
        """The events of one chunk; the same shape serves a whole answer."""
        chunk = _json(event.data)
        told = service_error.words(_decoded(event.data) if chunk is None else chunk)
        if told is not None:
            raise service_error.raised(self._where, told or service_error.shorten(_decoded(event.data)))
        if not isinstance(chunk, dict):
            got = service_error.shorten(_decoded(event.data))
            msg = f"{self._where}: not a JSON object: {got!r}; see the service's log."
            raise BackendError("malformed_event", msg)
        if not content.is_of_an_answer(chunk, _decoded(event.name)):
            told = service_error.words(chunk, failed=True) or service_error.shorten(_decoded(event.data))
            raise service_error.raised(self._where, told)
        tokens = self._tokens(chunk)
        choice = _first(chunk.get("choices"))
        parts = content.parts(choice)
        self._note_answer(choice, parts)
        for number, (kind, text) in enumerate(parts):
            # a chunk's count cannot be split, so it is told only where it has one part
            added = tokens if len(parts) == 1 and number == 0 and kind != "role" else None
            yield Event(kind, text, t_ns=event.t_ns, tokens=added, request_start_ns=self._start_ns)
        reason = answer_end.read(choice.get("finish_reason"), self._where, self._accepted)
        self._finish_reason = reason or self._finish_reason

    def _note_answer(self, choice: dict[str, Any], parts: list[tuple[EventKind, str]]) -> None:
        """Whether anything was answered, or else what could not be read."""
        if self._has_answer:
            return
        self._has_choice = self._has_choice or bool(choice)
        self._has_answer = any(kind in ("text", "tool") for kind, _ in parts)
        self._unread = self._unread or content.unread(choice)

    def end(self, t_ns: int) -> Event:
        """The last event. Raises where the answer is not whole or cannot be read."""
        if not self._has_choice or (self._unread and not self._has_answer):
            got = f"only {self._unread}" if self._unread else "no choices"
            msg = f"{self._where}: the answer has {got}, which cannot be read as text, reasoning or a tool call."
            raise BackendError("unreadable", msg)
        if self._finish_reason is None and answer_end.MISSING not in self._accepted:
            raise answer_end.missing(self._where)
        return Event(
            "end",
            t_ns=t_ns,
            usage=self._usage,
            finish_reason=self._finish_reason,
            request_start_ns=self._start_ns,
        )

    def _tokens(self, chunk: dict[str, Any]) -> int | None:
        """Tokens that this chunk added, where the service counts in every chunk."""
        usage = _usage_of(chunk.get("usage"))
        if usage is None:
            return None
        added = usage.completion_tokens - self._counted_tokens
        self._usage, self._counted_tokens = usage, usage.completion_tokens
        return added if added > 0 else None


def _usage_of(usage: Any) -> Usage | None:
    """The token counts, or null when the service gives none that make sense."""
    usage = content.keys(usage)
    prompt, completion = _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens"))
    if prompt is None or completion is None:
        return None
    cached = _count(content.keys(usage.get("prompt_tokens_details")).get("cached_tokens"))
    reasoning = _count(content.keys(usage.get("completion_tokens_details")).get("reasoning_tokens"))
    return Usage(prompt, completion, cached_tokens=cached, reasoning_tokens=reasoning)


def _decoded(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _first(choices: Any) -> dict[str, Any]:
    return content.keys(choices[0]) if isinstance(choices, list) and choices else {}


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
