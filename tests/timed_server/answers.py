"""Chat answers on schedule, with faults on request, and the truth about both."""

import socket
import struct
import time
from collections.abc import Iterator
from http import HTTPStatus
from itertools import count
from typing import Any

from foundry_exp.measure.calibration.server import Work, chunk, send_event, usage, wait_until
from foundry_exp.measure.calibration.wire import Connection, Request, head
from tests.timed_server.service import Behaviour, Truth

_ENDLESS_EVENTS = 1_000_000
_SILENCE_S = 600.0
_NS_PER_MS = 1_000_000
_DOUBLED = {
    "Transfer-Encoding": "chunked", "Content-Type": "text/event-stream", "Cache-Control": "no-cache",
}  # fmt: skip


class _GoneError(Exception):
    """The connection is closed on purpose."""


class _CutShortError(Exception):
    """The answer has ended on purpose; the connection stays."""


class Answer:
    """One request being answered."""

    def __init__(self, connection: Connection, request: Request, behaviour: Behaviour, work: Work) -> None:
        """Keep the parts; `fault` of the behaviour is this request's fault."""
        self._connection = connection
        self._request = request
        self._asked = request.json()
        self._behaviour = behaviour
        self._work = work
        self.truth = Truth(
            marker=_marker(self._asked),
            received_ns=request.received_ns,
            connection=connection.number,
            place=connection.requests - 1,
            headers=request.headers,
            body=request.body.decode("utf-8", "replace"),
        )
        self._words = self._cut_words()

    def give(self) -> bool:
        """Answer; false when the connection is closed afterwards."""
        try:
            if not self._refused():
                (self._stream if self._asked.get("stream") else self._whole)()
        except _GoneError:
            return False
        except _CutShortError:
            pass
        return True

    def _refused(self) -> bool:
        behaviour, connection = self._behaviour, self._connection
        if behaviour.refuses and behaviour.refuses in self._asked:
            connection.answer_json(400, _error(f"Unsupported parameter: {behaviour.refuses}"))
        elif behaviour.fault == "hang_up":
            raise _GoneError
        elif behaviour.fault == "status":
            connection.answer_json(behaviour.status, _error(behaviour.message), Retry_After=behaviour.retry_after)
        elif behaviour.fault == "error_answer":
            connection.answer_json(200, _error(behaviour.message))
        elif behaviour.fault == "redirect":
            connection.answer(307, b"", Location="http://user:secret@127.0.0.1:9/v1?key=secret")
        elif behaviour.fault == "content_type":
            connection.answer(200, b"<html>a login page</html>", kind="text/html; charset=utf-8")
        else:
            return False
        return True

    def _whole(self) -> None:
        behaviour = self._behaviour
        wait_until(self._due_ns(len(self._words) - 1))
        if behaviour.fault == "silence":
            self._be_silent()
        if behaviour.fault == "malformed":
            self.truth.sent_ns.append(self._connection.answer(200, b'{"choices": [{"message"'))
            return
        body = _error(behaviour.message) if behaviour.fault == "error_event" else self._completion()
        self.truth.sent_ns.append(self._connection.answer_json(200, body))

    def _cut_words(self) -> list[str]:
        """The answer's tokens, no more than were asked for."""
        if self._behaviour.fault == "empty":
            return []
        limit = self._asked.get("max_tokens")
        tokens = min(self._behaviour.tokens, limit) if isinstance(limit, int) else self._behaviour.tokens
        return [f"w{number} " for number in range(tokens)]

    def _finish(self) -> str | None:
        if self._behaviour.fault == "no_reason":
            return None
        return "length" if 0 < len(self._words) < self._behaviour.tokens else "stop"

    def _completion(self) -> dict[str, Any]:
        words = self._words
        reasoning = "".join(words[: self._behaviour.reasoning_tokens])
        message = {"role": "assistant", "content": "".join(words[self._behaviour.reasoning_tokens :])}
        if reasoning:
            message["reasoning_content"] = reasoning
        choice = {"index": 0, "message": message, "finish_reason": self._finish()}
        counted = {} if self._behaviour.usage == "none" else {"usage": usage(len(words))}
        return {"object": "chat.completion", "choices": [choice], **counted}

    def _stream(self) -> None:
        behaviour = self._behaviour
        if behaviour.doubled_headers:
            self._connection.send(head(HTTPStatus.OK, "text/event-stream", _DOUBLED))
        else:
            self._connection.start_stream()
        if behaviour.fault != "silence" or behaviour.fault_after > 0:
            self._wait_for_first()
        if behaviour.role_chunk:
            self._delta({"role": "assistant", "content": ""})
        self._content(self._words)
        if behaviour.fault == "no_done":
            self._connection.end_stream()
            return
        self._end(len(self._words))

    def _wait_for_first(self) -> None:
        behaviour = self._behaviour
        for _ in _ticks(self._request.received_ns, self._due_ns(0), behaviour.keep_alive_ms):
            self._connection.chunk(b": keep-alive\n\n")

    def _content(self, words: list[str]) -> None:
        behaviour, size = self._behaviour, self._behaviour.tokens_per_event
        numbers = count() if behaviour.fault == "endless" else range(-(-len(words) // size))
        for number in numbers:
            if behaviour.fault is not None and number == behaviour.fault_after:
                self._fail()
            if number > _ENDLESS_EVENTS:
                raise _GoneError
            at = number * size
            self._compute(min(size, len(words) - at), number)
            kind = "reasoning_content" if at < behaviour.reasoning_tokens else "content"
            delta = _delta(kind, "".join(words[at : at + size]) or "more ", tool=behaviour.tool_call)
            self.truth.sent_ns.append(self._delta(delta, completed=min(at + size, len(words))))

    def _compute(self, tokens: int, number: int) -> None:
        behaviour = self._behaviour
        if behaviour.work_rounds:
            for _ in range(tokens):
                self._work.token(behaviour.work_rounds)
        else:
            wait_until(self._due_ns(number * behaviour.tokens_per_event))

    def _due_ns(self, tokens: int) -> int:
        after_ms = self._behaviour.ttft_ms + tokens * self._behaviour.gap_ms
        return self._request.received_ns + round(after_ms * _NS_PER_MS)

    def _fail(self) -> None:
        """Do what the fault says, where it is one within a stream."""
        connection, fault = self._connection, self._behaviour.fault
        if fault == "reset":
            _reset(connection.sock)
            raise _GoneError
        if fault == "cut":
            raise _GoneError
        if fault == "silence":
            self._be_silent()
        if fault == "malformed":
            connection.chunk(b'data: {"choices": [{"delta"\n\n')
        if fault == "error_event":
            send_event(connection, _error(self._behaviour.message))
            connection.end_stream()
            raise _CutShortError

    def _be_silent(self) -> None:
        """Say nothing more, but comments where the behaviour has them, until the client has gone."""
        every_ms = self._behaviour.keep_alive_ms if self._asked.get("stream") else None
        end_ns = time.perf_counter_ns() + round(_SILENCE_S * 1e9)
        self._connection.sock.settimeout(_SILENCE_S)
        if every_ms is None:
            self._connection.sock.recv(1)
        else:
            for _ in _ticks(time.perf_counter_ns(), end_ns, every_ms):
                self._connection.chunk(b": keep-alive\n\n")
        raise _GoneError

    def _delta(self, delta: dict[str, Any], completed: int = 0, finish: str | None = None) -> int:
        counted = {"usage": usage(completed)} if self._behaviour.usage == "each" else {}
        return send_event(self._connection, {**chunk(delta, finish), **counted})

    def _end(self, completed: int) -> None:
        self._delta({}, completed, finish=self._finish())
        asked = bool(self._asked.get("stream_options", {}).get("include_usage"))
        if asked and self._behaviour.usage == "asked":
            send_event(self._connection, {"choices": [], "usage": usage(completed)})
        self._connection.chunk(b"data: [DONE]\n\n")
        self._connection.end_stream()


def _reset(sock: socket.socket) -> None:
    """Break the connection with RST instead of FIN."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def _ticks(start_ns: int, end_ns: int, every_ms: float | None) -> Iterator[None]:
    """Wait until `end_ns`, coming back once every `every_ms`."""
    if every_ms is not None:
        due_ns = start_ns + round(every_ms * _NS_PER_MS)
        while due_ns < end_ns:
            wait_until(due_ns)
            yield
            due_ns += round(every_ms * _NS_PER_MS)
    wait_until(end_ns)


def _delta(kind: str, text: str, *, tool: bool) -> dict[str, Any]:
    if tool:
        return {"tool_calls": [{"index": 0, "function": {"arguments": text}}]}
    return {kind: text}


def _error(message: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None}}


def _marker(asked: dict[str, Any]) -> str:
    messages = asked.get("messages") or [{}]
    return str(messages[-1].get("content", ""))[:64]
