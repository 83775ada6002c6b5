"""Bare sockets as a backend, so that the least a client can be goes through the same load shapes."""

import threading
from collections.abc import Iterator

from foundry_exp.measure.calibration.socket_client import SocketClient
from foundry_exp.protocols import ChatRequest, Clock, Event, LoadedModel, ModelRequest


class BareBackend:
    """As many connections as there are requests at once."""

    def __init__(self, url: str, timeout_s: float) -> None:
        """Connect later."""
        self._url = url
        self._timeout_s = timeout_s
        self._model = ""
        self._idle: list[SocketClient] = []
        self._all: list[SocketClient] = []
        self._lock = threading.Lock()

    def load(self, model: ModelRequest) -> LoadedModel:
        """Keep the model's name: the timed server has it loaded."""
        self._model = model.alias
        return LoadedModel(variant=model.alias)

    def stream(self, request: ChatRequest, clock: Clock) -> Iterator[Event]:
        """Ask for the marker that the last message is; `clock` is not used, its own is the same."""
        del clock
        client = self._take()
        timing = client.ask(request.messages[-1].content)
        with self._lock:
            self._idle.append(client)
        for t_ns in timing.event_ns:
            yield Event("text", "w", t_ns=t_ns, request_start_ns=timing.start_ns)
        yield Event("end", request_start_ns=timing.start_ns)

    def unload(self) -> None:
        """Hang up."""
        with self._lock:
            clients, self._all, self._idle = self._all, [], []
        for client in clients:
            client.close()

    def _take(self) -> SocketClient:
        with self._lock:
            if self._idle:
                return self._idle.pop()
            client = SocketClient(self._url, self._model, self._timeout_s)
            self._all.append(client)
            return client
