"""Chat completions, parsed after the request ended: stamped bytes in, events of the protocol out."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from foundry_exp.errors import BackendError
from foundry_exp.protocols import Event
from foundry_exp.records.record import EventKind, Usage
from foundry_exp.runtime.http import sse

_SHOWN_CHARS = 300
_DONE = b"[DONE]"
OVERFLOW = "context length"


def streamed(
    pieces: Iterable[tuple[int, bytes]], start_ns: int, where: str, cut: BackendError | None = None
) -> Iterator[Event]:
    """The events of a stream; `cut` is what ended it, and is raised after what came before it."""
    answer = _Answer(start_ns, where)
    for event in sse.parse(pieces):
        if event.data.strip() == _DONE:
            yield answer.end(event.t_ns)
            return
        chunk = _json(event.data)
        if chunk is None and not event.complete:
            break  # the connection ended within this event
        yield from answer.chunk(chunk, event)
    raise cut or BackendError("stream_truncated", f"{where}: the stream ended without [DONE]; see the service's log.")


def whole(body: bytes, t_ns: int, start_ns: int, where: str) -> Iterator[Event]:
    """The events of an answer that came in one piece: all at the time of its last byte."""
    answer = _Answer(start_ns, where)
    yield from answer.chunk(_json(body), sse.SseEvent(t_ns, body))
    yield answer.end(t_ns)


class _Answer:
    """What has been learned from the chunks so far."""

    def __init__(self, start_ns: int, where: str) -> None:
        self._start_ns = start_ns
        self._where = where
        self._usage: Usage | None = None
        self._counted_tokens = 0
        self._finish_reason: str | None = None

    def chunk(self, chunk: Any, event: sse.SseEvent) -> Iterator[Event]:
        """The events of one chunk; the same shape serves a whole answer."""
        if not isinstance(chunk, dict):
            shown = shorten(event.data.decode("utf-8", "replace"))
            msg = f"{self._where}: not a JSON object: {shown!r}; see the service's log."
            raise BackendError("malformed_event", msg)
        if chunk.get("error"):
            raise service_error(self._where, chunk["error"])
        tokens = self._tokens(chunk)
        choice = _first(chunk.get("choices"))
        self._finish_reason = _text(choice.get("finish_reason")) or self._finish_reason
        parts = _parts(choice)
        for number, (kind, text) in enumerate(parts):
            # a chunk's count cannot be split, so it is told only where it has one part
            added = tokens if len(parts) == 1 and number == 0 and kind != "role" else None
            yield Event(kind, text, t_ns=event.t_ns, tokens=added, request_start_ns=self._start_ns)

    def end(self, t_ns: int) -> Event:
        """The last event."""
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


def _parts(choice: dict[str, Any]) -> list[tuple[EventKind, str]]:
    """What a choice carries, reasoning before text."""
    delta = _dict(choice.get("delta"))
    # ≤ 0.5.x services repeat the delta in `message`, or fill only that
    said_in = delta if any(_text(delta.get(key)) for key in ("content", *_REASONING)) else _dict(choice.get("message"))
    reasoning = next((_text(said_in.get(key)) for key in _REASONING if _text(said_in.get(key))), "")
    parts: list[tuple[EventKind, str]] = [
        ("reasoning", reasoning),
        ("text", _text(said_in.get("content"))),
        ("tool", _tool_text(delta or said_in)),
    ]
    filled = [(kind, text) for kind, text in parts if text]
    return filled or ([("role", "")] if delta.get("role") else [])


_REASONING = ("reasoning_content", "reasoning")


def _tool_text(delta: dict[str, Any]) -> str:
    calls = delta.get("tool_calls")
    functions = [_dict(_dict(call).get("function")) for call in calls] if isinstance(calls, list) else []
    return "".join(_text(function.get("name")) + _text(function.get("arguments")) for function in functions)


def _usage_of(usage: Any) -> Usage | None:
    """The token counts, or null when the service gives none that make sense."""
    usage = _dict(usage)
    prompt, completion = _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens"))
    if prompt is None or completion is None:
        return None
    cached = _count(_dict(usage.get("prompt_tokens_details")).get("cached_tokens"))
    reasoning = _count(_dict(usage.get("completion_tokens_details")).get("reasoning_tokens"))
    return Usage(prompt, completion, cached_tokens=cached, reasoning_tokens=reasoning)


def service_error(where: str, error: Any) -> BackendError:
    """An error that the service sent instead of the rest of its answer."""
    text = shorten(_text(_dict(error).get("message")) or _text(error) or json.dumps(error))
    if OVERFLOW in text:
        return BackendError("context_overflow", f"{where}: {text}; shorten the prompt or lower generation.max_tokens.")
    return BackendError("stream_error", f"{where}: the service stopped with: {text}; see its log.")


def shorten(text: str) -> str:
    """A service's words on one line, cut to what a table can hold."""
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN_CHARS else line[:_SHOWN_CHARS] + "…"


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _first(choices: Any) -> dict[str, Any]:
    return _dict(choices[0]) if isinstance(choices, list) and choices else {}


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
