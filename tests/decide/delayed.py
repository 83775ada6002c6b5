"""The real runtime made slower: every event is handed over later by a constant factor."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from queue import SimpleQueue

from foundry_exp.errors import BackendError
from foundry_exp.protocols import ChatRequest, Clock, Event, LoadedModel, ModelRequest
from foundry_exp.runtime.backends.native import NativeBackend

_NS_PER_S = 1e9


class DelayedNative:
    """The native backend behind a delay that grows with the answer, as a slower model's would."""

    def __init__(self, factor: float, data_dir: str, cache_dir: str, catalogue_url: str | None = None) -> None:
        """Keep the factor (1.1 holds a whole answer back by a tenth) and what the native backend is made of."""
        self._factor = factor
        self._native = NativeBackend(data_dir, cache_dir, catalogue_url, cache_only=True)

    def load(self, model: ModelRequest) -> LoadedModel:
        """Load the model as always: loading is not delayed."""
        return self._native.load(model)

    def stream(self, request: ChatRequest, clock: Clock) -> Iterator[Event]:
        """Hold each event back until `factor` times its own time since the request's start has passed."""
        came: SimpleQueue[Event | BackendError | None] = SimpleQueue()
        # The native stream is read by a thread, so that a delay does not add to the stamps of the events after it.
        threading.Thread(target=self._read, args=(request, clock, came), daemon=True).start()
        while (event := came.get()) is not None:
            if isinstance(event, BackendError):
                raise event
            yield self._delayed(event, clock)

    def _delayed(self, event: Event, clock: Clock) -> Event:
        start_ns, came_ns = event.request_start_ns or 0, event.t_ns or 0
        due_ns = start_ns + round((came_ns - start_ns) * self._factor)
        time.sleep(max(0, due_ns - clock()) / _NS_PER_S)
        return replace(event, t_ns=clock())

    def _read(self, request: ChatRequest, clock: Clock, came: "SimpleQueue[Event | BackendError | None]") -> None:
        try:
            for event in self._native.stream(request, clock):
                came.put(event)
        except BackendError as error:
            came.put(error)
        came.put(None)

    def unload(self) -> None:
        """Give the model back."""
        self._native.unload()
