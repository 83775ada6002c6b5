"""Every load shape, run as a cell runs it: through `arrivals.drive` and `measure.ask`, in turns with a raw socket."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TypeVar

from foundry_exp.measure import one_request
from foundry_exp.measure.arrivals import Shape, drive
from foundry_exp.measure.calibration.raw_socket import RawSocketBackend, Timing
from foundry_exp.measure.calibration.result import LoadShape, figures, timing_of
from foundry_exp.measure.calibration.timed_server import TimedServer
from foundry_exp.protocols import Backend, ChatRequest, Clock, ModelRequest
from foundry_exp.records.record import Message, Record, Sample
from foundry_exp.runtime.http.endpoint import EndpointBackend

_Client = TypeVar("_Client", bound=Backend)
STEADY, COMPUTING = "steady", "computing"
ONE_AT_A_TIME = "one at a time"
_TIMEOUT_S = 60.0
# Requests of one client before it is the other's turn: near enough to share the machine's mood
_BLOCK = 5
_SCHEDULED_BLOCK = 10
_UNDER_WAY = 2.0
"""Requests under way on a schedule, in the mean: Poisson's peaks are then at about five."""


def load_shapes(answer_s: float) -> dict[str, Shape]:
    """All of them, the rates fitted to how long an answer takes."""
    rate_per_s = _UNDER_WAY / answer_s
    return {
        ONE_AT_A_TIME: Shape(1, None, "constant", 0),
        "4 at once": Shape(4, None, "constant", 0),
        "constant rate": Shape(1, rate_per_s, "constant", 0),
        "Poisson rate": Shape(1, rate_per_s, "poisson", 0),
    }


class MeasuredClient:
    """One client, and what it saw."""

    def __init__(self, name: str, backend: Backend, clock: Clock) -> None:
        """Nothing asked yet."""
        self.name = name
        self.timings: dict[str, Timing] = {}
        self.cpu_s = 0.0
        self._backend = backend
        self._clock = clock

    def ask(self, planned: one_request.PlannedRequest, due_ns: int | None = None) -> Record:
        """One request, as a cell makes it."""
        return one_request.ask(self._backend, planned, _request(planned.sample), 0, due_ns, self._clock)

    def block(self, number: int, size: int, shape: Shape) -> None:
        """So many requests in this shape."""
        start_s = time.process_time()
        records = list(drive(self._planned(number, size), shape, self.ask, self._clock, lambda: False))
        self.cpu_s += time.process_time() - start_s
        self.timings.update((record.sample_id, timing_of(record)) for record in records)

    def warm_up(self, shape: Shape) -> None:
        """Open the connections, and forget it."""
        at_once = shape.concurrency if shape.rate_per_s is None else round(2 * _UNDER_WAY)
        self.block(-1, at_once, Shape(at_once, None, "constant", shape.seed))
        self.timings, self.cpu_s = {}, 0.0

    def _planned(self, number: int, size: int) -> list[one_request.PlannedRequest]:
        markers = [f"{self.name} {number}.{at}" for at in range(size)]
        return [one_request.PlannedRequest(sample(marker), number, "measure") for marker in markers]


def run(server: TimedServer, name: str, shape: Shape, requests: int, clock: Clock) -> LoadShape:
    """Both clients in this shape, `requests` each."""
    with tool(server, STEADY) as ours, raw_socket(server, STEADY) as least:
        clients = (MeasuredClient("tool", ours, clock), MeasuredClient("raw", least, clock))
        for client in clients:
            client.warm_up(shape)
        server.truths()
        warmed = ours.stamped_by
        block = _BLOCK * shape.concurrency if shape.rate_per_s is None else _SCHEDULED_BLOCK
        for number in range(-(-requests // block)):
            of_block = Shape(shape.concurrency, shape.rate_per_s, shape.arrivals, shape.seed + number)
            for client in clients:
                client.block(number, min(block, requests - number * block), of_block)
        stamped_by = {by: chats - warmed.get(by, 0) for by, chats in ours.stamped_by.items()}
        truths = server.truths()
    scheduled = shape.rate_per_s is not None
    return LoadShape(
        name=name,
        concurrency=None if scheduled else shape.concurrency,
        rate_per_s=shape.rate_per_s,
        arrivals=shape.arrivals if scheduled else None,
        requests=requests,
        tool=figures(clients[0].timings, truths, clients[0].cpu_s, {by: n for by, n in stamped_by.items() if n}),
        bare_socket=figures(clients[1].timings, truths, clients[1].cpu_s),
    )


def tool(server: TimedServer, model: str) -> AbstractContextManager[EndpointBackend]:
    """The HTTP backend of this project."""
    backend = EndpointBackend(
        server.base_url, "", connect_timeout_s=_TIMEOUT_S, load_timeout_s=_TIMEOUT_S, quick_ack=True
    )
    return _loaded(backend, model)


def raw_socket(server: TimedServer, model: str) -> AbstractContextManager[RawSocketBackend]:
    """Raw sockets."""
    return _loaded(RawSocketBackend(server.url, _TIMEOUT_S), model)


@contextmanager
def _loaded(backend: _Client, model: str) -> Iterator[_Client]:
    backend.load(_named(model))
    try:
        yield backend
    finally:
        backend.unload()


def sample(marker: str) -> Sample:
    """A prompt that is its own marker."""
    return Sample(marker, (Message("user", marker),), digest="")


def _named(model: str) -> ModelRequest:
    return ModelRequest(model, None, None, "auto", None, (), Path())


def _request(asked: Sample) -> ChatRequest:
    return ChatRequest(
        messages=asked.messages,
        streaming=True,
        temperature=0.0,
        top_p=1.0,
        top_k=1,
        seed=0,
        max_tokens=1024,
        first_token_timeout_s=_TIMEOUT_S,
        idle_timeout_s=_TIMEOUT_S,
        total_timeout_s=_TIMEOUT_S,
    )
