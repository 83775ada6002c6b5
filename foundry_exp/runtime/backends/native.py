"""The Foundry Local SDK in this process: a fresh session for each prompt, stamped as events are handed over."""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from foundry_exp.errors import BackendError
from foundry_exp.protocols import ChatRequest, Clock, Event, LoadedModel, ModelRequest
from foundry_exp.records.record import EventKind, Message, Usage
from foundry_exp.runtime.http import answer_end
from foundry_exp.runtime.machine.environment import RUNTIME_PACKAGES, installed
from foundry_exp.runtime.models import folder, resolve, runtime, variants

if TYPE_CHECKING:
    from foundry_local_sdk import ChatSession, FoundryLocalManager, IModel, MessageItem, Request, Response, TextItemType


class NativeBackend:
    """Runs one model in the process that calls it."""

    def __init__(
        self,
        data_dir: str,
        cache_dir: str,
        catalogue_url: str | None = None,
        cache_only: bool = False,
    ) -> None:
        """Name the folders of the runtime; nothing is opened yet.

        `cache_only` keeps it from the catalogue: it then knows your own models and what was downloaded before.
        """
        self._data_dir = Path(data_dir).expanduser()
        self._cache_dir = Path(cache_dir).expanduser()
        self._catalogue_url = catalogue_url
        self._cache_only = cache_only
        self._open = ExitStack()
        self._model: IModel | None = None

    def load(self, model: ModelRequest) -> LoadedModel:
        """Open the runtime, fetch the model if it is not here, and load it."""
        start_s = time.perf_counter()
        folders = (self._data_dir, self._cache_dir, model.log_dir)
        manager = self._open.enter_context(runtime.opened(*folders, self._catalogue_url, self._cache_only))
        with runtime.translated("load"):
            registering_s, there = self._providers(manager, model)
            variant = resolve.find(manager, model, there)
            download_s = _fetched(variant)
            variant.load()
        load_s = time.perf_counter() - start_s - registering_s - (download_s or 0.0)
        self._model = variant
        info = variant.info
        path = Path(variant.get_path())
        return LoadedModel(
            variant=variant.id,
            device=str(info.runtime.device_type)
            if info.runtime and info.runtime.device_type
            else variants.device_of(variant.id),
            execution_provider=(info.runtime.execution_provider or None) if info.runtime else None,
            path=path,
            context_length=info.context_length or folder.context_length(path),
            licence=info.license,
            runtime={name: str(installed(name)) for name in RUNTIME_PACKAGES},
            download_s=download_s,
            load_s=load_s,
            pid=os.getpid(),
        )

    def _providers(self, manager: "FoundryLocalManager", model: ModelRequest) -> tuple[float, variants.Providers]:
        """Seconds, and what is there afterwards: the first time of a provider is no part of loading a model."""
        start_s = time.perf_counter()
        there = resolve.providers(manager, model, self._data_dir if model.offline else None)
        return time.perf_counter() - start_s, there

    def stream(self, request: ChatRequest, clock: Clock) -> Iterator[Event]:
        """Answer one prompt in a session of its own: a reused one would keep the turns before."""
        from foundry_local_sdk import ChatSession, Request

        if self._model is None:
            raise BackendError("not_loaded", "backend.native: no model is loaded; call load first.")
        with runtime.translated("request"):
            session = ChatSession(self._model)
            with session, Request() as native:
                _fill(native, request)
                _refuse_overflow(session, native)
                answer = _streamed if request.streaming else _plain
                yield from answer(session, native, request, clock)

    def unload(self) -> None:
        """Unload the model and close the runtime."""
        model, self._model = self._model, None
        try:
            if model is not None:
                with runtime.translated("unload"):
                    model.unload()
        finally:
            self._open.close()


def _fetched(model: "IModel") -> float | None:
    """Seconds that a download took; null when the model was here."""
    if model.is_cached:
        return None
    start_s = time.monotonic()
    model.download()
    return time.monotonic() - start_s


def _fill(native: "Request", request: ChatRequest) -> None:
    from foundry_local_sdk import RequestOptions, SearchOptions

    for message in request.messages:
        native.add_item(_item(message))
    search = SearchOptions(
        temperature=request.temperature,
        do_sample=request.temperature > 0,
        top_p=request.top_p,
        top_k=request.top_k,
        seed=request.seed,
        max_output_tokens=request.max_tokens,
    )
    native.set_options(RequestOptions(search=search, additional_options=_constrained(request)))


def _constrained(request: ChatRequest) -> dict[str, str]:
    if request.response_schema is None:
        return {}
    return {
        "guidance_type": "json_schema",
        "guidance_data": json.dumps(runtime.json_constraint(request.response_schema)),
    }


def _item(message: Message) -> "MessageItem":
    from foundry_local_sdk import MessageItem, MessageRole

    return MessageItem(MessageRole[message.role.upper()], message.content)


def _refuse_overflow(session: "ChatSession", native: "Request") -> None:
    fit = session.preflight_request(native)
    if not fit.fits:
        msg = (
            f"the prompt has {fit.prompt_tokens} tokens and {fit.output_reserve_tokens} are reserved for the answer, "
            f"but the context holds {fit.context_limit_tokens}; shorten the prompt or lower generation.max_tokens."
        )
        raise BackendError("context_overflow", msg)


def _streamed(session: "ChatSession", native: "Request", request: ChatRequest, clock: Clock) -> Iterator[Event]:
    from foundry_local_sdk import TextItem, TextItemType

    session.set_streaming(True)
    start_ns = clock()
    with _Watch(native.cancel, request) as watch, session.process_streaming_request(native) as items:
        for item in items:
            now_ns = clock()
            watch.saw_event()
            if isinstance(item, TextItem) and item.text:
                kind: EventKind = "reasoning" if item.type == TextItemType.REASONING else "text"
                yield Event(kind, item.text, t_ns=now_ns, request_start_ns=start_ns)
        with items.final_response as response:
            yield _end(response, clock(), start_ns)


def _plain(session: "ChatSession", native: "Request", request: ChatRequest, clock: Clock) -> Iterator[Event]:
    from foundry_local_sdk import TextItemType

    start_ns = clock()
    with _Watch(native.cancel, request):
        response = session.process_request(native)
        end_ns = clock()
    with response:
        for text_type, text in _texts(response):
            kind: EventKind = "reasoning" if text_type == TextItemType.REASONING else "text"
            yield Event(kind, text, t_ns=end_ns, request_start_ns=start_ns)
        yield _end(response, end_ns, start_ns)


def _texts(response: "Response") -> Iterator[tuple["TextItemType", str]]:
    """The text parts of a whole response, which may be wrapped in a message."""
    from foundry_local_sdk import MessageItem, TextItem

    for item in map(response.get_item, range(response.item_count)):
        parts = item.parts if isinstance(item, MessageItem) else [item]
        yield from ((part.type, part.text) for part in parts if isinstance(part, TextItem) and part.text)


def _end(response: "Response", t_ns: int, start_ns: int) -> Event:
    counted = response.get_usage()
    usage = Usage(counted.prompt_tokens, counted.completion_tokens)
    finish_reason = answer_end.meaning(response.finish_reason.name)
    if finish_reason is None:
        msg = f"the runtime ended the answer with {response.finish_reason.name}, so it may be cut; see runtime.log."
        raise BackendError("end_reason", msg)
    return Event("end", t_ns=t_ns, usage=usage, finish_reason=finish_reason, request_start_ns=start_ns)


class _Watch:
    """Cancels a request that is silent for too long; the thread sleeps on a lock, so it costs no CPU."""

    def __init__(self, cancel: Callable[[], None], request: ChatRequest) -> None:
        """Name what ends the request; the clock starts with the `with` block."""
        self._cancel = cancel
        self._request = request
        self._start_s = self._heard_s = time.monotonic()
        self._heard = False
        self._done = threading.Event()
        self._expired: str | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "_Watch":
        self._thread.start()
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        self._done.set()
        self._thread.join()
        if self._expired:
            raise _timeout(self._expired, self._request) from error

    def saw_event(self) -> None:
        """Move the deadline on."""
        self._heard = True
        self._heard_s = time.monotonic()

    def _deadlines_s(self) -> dict[str, float]:
        request = self._request
        whole = {"timeout_total": self._start_s + request.total_timeout_s}
        if not request.streaming:
            return whole
        if self._heard:
            return whole | {"timeout_idle": self._heard_s + request.idle_timeout_s}
        return whole | {"timeout_first_token": self._start_s + request.first_token_timeout_s}

    def _run(self) -> None:
        while True:
            error_class, deadline_s = min(self._deadlines_s().items(), key=lambda pair: pair[1])
            if self._done.wait(max(0.0, deadline_s - time.monotonic())):
                return
            error_class, deadline_s = min(self._deadlines_s().items(), key=lambda pair: pair[1])
            if time.monotonic() >= deadline_s:
                self._expired = error_class
                self._cancel()
                return


def _timeout(error_class: str, request: ChatRequest) -> BackendError:
    name = error_class.removeprefix("timeout_") + "_timeout_s"
    limit_s: float = getattr(request, name)
    return BackendError(
        error_class, f"no answer within workload.{name}={limit_s:g}; raise it, or take a smaller model."
    )
