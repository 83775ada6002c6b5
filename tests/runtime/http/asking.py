"""One chat through a client or backend, as the record that a run would keep."""

import time
from collections.abc import Iterator
from dataclasses import replace

from foundry_exp.measure.one_request import PlannedRequest, ask
from foundry_exp.protocols import ChatRequest, Clock, Event, LoadedModel, ModelRequest
from foundry_exp.records.record import Message, Record, Sample
from foundry_exp.runtime.http.client import ChatClient
from tests.runtime.backends.contract import request


class _OneModel:
    """A client seen as a backend, for one model."""

    def __init__(self, client: ChatClient, model: str) -> None:
        self._client = client
        self._model = model

    def load(self, model: ModelRequest) -> LoadedModel:
        raise NotImplementedError

    def stream(self, request: ChatRequest, clock: Clock) -> Iterator[Event]:
        return self._client.chat(self._model, request, clock)

    def unload(self) -> None:
        raise NotImplementedError


def ask_client(
    client: ChatClient, model: str, marker: str = "hello", *, streaming: bool = True, **limits: float
) -> Record:
    sample = Sample("p", (Message("user", marker),), "digest")
    wished = replace(request(streaming=streaming, sample=sample), **limits)  # type: ignore[arg-type]
    return ask(_OneModel(client, model), PlannedRequest(sample, 0, "measure"), wished, 0, clock=time.perf_counter_ns)
