"""One chat service through the openai package: every setting explicit, stamps from the socket, no hidden retries."""

import logging
import os
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

import httpx2
import openai

from foundry_exp.errors import BackendError, ConfigError
from foundry_exp.protocols import ChatRequest, Clock, Event
from foundry_exp.runtime.http import address, chat, explicit_openai, faults, service_error
from foundry_exp.runtime.http.request_trace import Limits, RequestTrace, StampedBy
from foundry_exp.runtime.http.transport import Line, SocketOptions, StampingTransport
from foundry_exp.runtime.models.runtime import json_constraint

MAX_ANSWER_BYTES = 32 * 1024 * 1024
_GET_BYTES = 4 * 1024 * 1024
_WARM_S = 10.0
_CLOSING_S = 0.02
"""What a server that closes a connection after a GET takes to do so."""
_UNPROCESSABLE = 422
_OPTIONAL = {"usage": ("stream_options", "include_usage"), "schema": ("response_format", "json_schema")}
"""Parts of a request that not every service takes: the words by which a refusal names them."""

_LOG = logging.getLogger(__name__)

_ALL_OPTIONS = SocketOptions()


class ChatClient:
    """A service that answers chats; used by any number of threads, each with a connection of its own."""

    def __init__(
        self,
        service: address.Address,
        api_key_env: str,
        connect_timeout_s: float,
        *,
        clock: Clock,
        max_answer_bytes: int = MAX_ANSWER_BYTES,
        options: SocketOptions = _ALL_OPTIONS,
        end_reasons: frozenset[str] = frozenset(),
    ) -> None:
        """Prepare the client; nothing is connected yet. `clock` is for the requests that are not chats."""
        self.service = service
        self.where = address.public(service.base)
        self.is_foundry = False
        """Whether the service is Foundry's, which takes top_k in the metadata, and a grammar's own options."""
        self._closes_after_get: bool | None = None  # null: not seen yet
        self.warm_url = f"{service.base}/models"
        """What a new connection is opened with."""
        self.stamped_by: Counter[StampedBy] = Counter()
        """How many chats have their times from what."""
        self._clock = clock
        self._key = _key(api_key_env)
        self._max_answer_bytes = max_answer_bytes
        self._end_reasons = end_reasons
        self._left_out: set[str] = set()
        self._lock = threading.Lock()
        self._transport = StampingTransport(options)
        timeout = httpx2.Timeout(None, connect=connect_timeout_s)
        self._http = openai.DefaultHttpxClient(
            transport=self._transport,
            follow_redirects=False,
            timeout=timeout,
            headers={"Accept-Encoding": "identity"},  # the body is stamped as it is on the wire
        )
        self._openai = explicit_openai.client(service.base, self._key, self._http, timeout)
        explicit_openai.rehearse()

    def close(self) -> None:
        """Close every connection."""
        self._openai.close()
        self._transport.close()

    def get(self, url: str, timeout_s: float) -> tuple[httpx2.Response, RequestTrace]:
        """GET a URL of the service, again where its connection breaks; any status is an answer.

        Raises BackendError when there is none.
        """
        try:
            return self._got(url, timeout_s)
        except BackendError as error:
            if error.error_class != "reset":
                raise
        return self._got(url, timeout_s)

    def _got(self, url: str, timeout_s: float) -> tuple[httpx2.Response, RequestTrace]:
        with self._transport.taken() as line:
            line.trace = trace = RequestTrace(self._clock, Limits(total_s=timeout_s, max_bytes=_GET_BYTES))
            try:
                answer = self._http.get(url, headers=self._authorization)
            except faults.CAUGHT as error:
                raise self._without_key(faults.read(error, trace, address.public(url))) from error
            line.after_get = True
            return answer, trace

    def chat(self, model_id: str, request: ChatRequest, clock: Clock) -> Iterator[Event]:
        """Answer one prompt; the events are handed over when the request has ended, with the times they came."""
        trace, cut = self._answered(model_id, request, clock)
        if cut is not None and not trace.pieces:
            raise cut
        try:
            if request.streaming:
                yield from chat.streamed(trace.pieces, trace.start_ns, self.where, cut, self._end_reasons)
            else:
                yield from self._whole(trace, cut)
        except BackendError as error:
            raise self._without_key(error) from cut

    def _whole(self, trace: RequestTrace, cut: BackendError | None) -> Iterator[Event]:
        if cut is not None:
            raise cut
        if not trace.pieces:
            raise BackendError("stream_truncated", f"{self.where}: the answer is empty; see the service's log.")
        body = b"".join(piece for _, piece in trace.pieces)
        return chat.whole(body, trace.pieces[-1][0], trace.start_ns, self.where, self._end_reasons)

    def _answered(self, model_id: str, request: ChatRequest, clock: Clock) -> tuple[RequestTrace, BackendError | None]:
        """One chat; a service that refuses an optional part is asked again without it, and from then on."""
        while True:
            parts = self._optional_parts(request)
            trace, cut = self._exchange(model_id, request, clock)
            refused = next((part for part in parts if cut is not None and _refuses(cut, *_OPTIONAL[part])), None)
            if refused is None:
                return trace, cut
            self._left_out.add(refused)

    def _optional_parts(self, request: ChatRequest) -> list[str]:
        asked = {"usage": request.streaming, "schema": request.response_schema is not None}
        return [part for part in _OPTIONAL if asked[part] and part not in self._left_out]

    def _exchange(self, model_id: str, request: ChatRequest, clock: Clock) -> tuple[RequestTrace, BackendError | None]:
        """One request on the wire: what was read, and what ended it early."""
        with self._transport.taken() as line:
            if line.after_get:
                time.sleep(_CLOSING_S)
                line.after_get = False
            if line.cold:
                self._warm(line)
            line.trace = trace = RequestTrace(clock, _limits(request, self._max_answer_bytes))
            try:
                self._send(model_id, request, trace)
            except faults.CAUGHT as error:
                return trace, self._without_key(faults.read(error, trace, self.where))
            except BackendError as error:
                return trace, error
            finally:
                self._settle(trace)
        return trace, None

    def _settle(self, trace: RequestTrace) -> None:
        trace.settle()
        with self._lock:
            self.stamped_by[trace.stamped_by] += 1
        if trace.stamped_by == "clock, kernel doubted":
            _LOG.warning("%s: the wall clock moved within a request, so its times are those of the reads.", self.where)

    def _warm(self, line: Line) -> None:
        """Open the connection with a request that is not timed; the chat itself reports what is wrong with it.

        Not for a server that closes the connection then: the chat would be sent on one that nobody reads.
        """
        if self._closes_after_get:
            return
        line.trace = RequestTrace(self._clock, Limits(total_s=_WARM_S, max_bytes=_GET_BYTES))
        with suppress(*faults.CAUGHT):
            self._http.get(self.warm_url, headers=self._authorization)
        if self._closes_after_get is None:
            time.sleep(_CLOSING_S)
            self._closes_after_get = line.cold

    def _send(self, model_id: str, request: ChatRequest, trace: RequestTrace) -> None:
        create = self._openai.chat.completions.with_streaming_response.create
        with create(**self._arguments(model_id, request)) as response:
            self._check_content(response.http_response, streaming=request.streaming)
            for piece in response.http_response.iter_raw():
                trace.keep(piece)

    def _arguments(self, model_id: str, request: ChatRequest) -> dict[str, Any]:
        arguments: dict[str, Any] = {
            "model": model_id,
            "messages": [{"role": message.role, "content": message.content} for message in request.messages],
            "temperature": request.temperature,
            "top_p": request.top_p,
            "seed": request.seed,
            "max_tokens": request.max_tokens,
            "stream": request.streaming,
        }
        parts = self._optional_parts(request)
        if "usage" in parts:
            arguments["stream_options"] = {"include_usage": True}
        if self.is_foundry:
            arguments["metadata"] = {"top_k": str(request.top_k)}
        if request.response_schema is not None and "schema" in parts:
            arguments["response_format"] = self._response_format(request.response_schema)
        return arguments

    def _response_format(self, schema: dict[str, Any]) -> dict[str, Any]:
        wrapped = {"name": "answer", "schema": schema, "strict": True}
        # Foundry 2.2.1 takes the wrapper itself for the schema, which then allows any JSON
        schema_as_taken = {**wrapped, **json_constraint(schema)} if self.is_foundry else wrapped
        return {"type": "json_schema", "json_schema": schema_as_taken}

    def _check_content(self, response: httpx2.Response, *, streaming: bool) -> None:
        # Foundry 2.2.1 sends the header of a stream twice, which arrives joined by a comma
        got = re.split("[;,]", response.headers.get("content-type", "none"))[0].strip().lower()
        encoding = response.headers.get("content-encoding", "identity")
        wanted = "text/event-stream" if streaming else "application/json"
        if got == wanted and encoding == "identity":
            return
        response.read()
        told = service_error.words(service_error.value(response.text))
        if told is not None and not got.endswith("html"):
            raise service_error.raised(self.where, told, response.status_code)
        got = f"{got} ({encoding})" + (f": {told}" if told else "")
        msg = f"{self.where}: expected {wanted}, got {got}; is this an OpenAI-compatible chat service?"
        raise BackendError("content_type", msg, http_status=response.status_code)

    @property
    def _authorization(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self._key or explicit_openai.NO_KEY}"}

    def _without_key(self, error: BackendError) -> BackendError:
        """The error without the key, which some services repeat in their messages."""
        if self._key:
            error.args = tuple(str(part).replace(self._key, "***") for part in error.args)
        return error


def _key(variable: str) -> str:
    """What the variable holds, without the line break that copying a key often brings along."""
    key = os.environ.get(variable, "").strip() if variable else ""
    if key.isascii() and (key.isprintable() or not key):
        return key
    msg = f"backend.api_key_env: {variable} holds characters that no HTTP header can carry; copy the key again."
    raise ConfigError(msg)


def _refuses(error: BackendError, *fields: str) -> bool:
    """Whether a service does not take one of these fields, so that it is worth asking without."""
    return error.http_status in (faults.HTTP_BAD_REQUEST, _UNPROCESSABLE) and any(
        field in str(error) for field in fields
    )


def _limits(request: ChatRequest, max_bytes: int) -> Limits:
    if not request.streaming:
        return Limits(total_s=request.total_timeout_s, max_bytes=max_bytes, settings="workload")
    return Limits(
        total_s=request.total_timeout_s,
        max_bytes=max_bytes,
        first_token_s=request.first_token_timeout_s,
        idle_s=request.idle_timeout_s,
        settings="workload",
    )
