"""The timed server as those who ask it see it: the pace it is told, its start and end, and what it knows."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field

from foundry_exp.runtime.worker import Worker

_START_S = 30.0


@dataclass(frozen=True, slots=True)
class Pace:
    """Timing of a model's answers; times are counted from the request's last byte."""

    ttft_ms: float = 20.0
    gap_ms: float = 2.0
    """Time of one token after the first event."""
    tokens: int = 8
    work_rounds: int = 0
    """PBKDF2 rounds for each token, on every core: a CPU-bound model. Its pace replaces `gap_ms`."""


@dataclass(slots=True)
class Truth:
    """What the server knows about one request."""

    marker: str
    """The last message of the prompt, by which a client finds its own request."""
    received_ns: int
    sent_ns: list[int] = field(default_factory=list)
    """The time before the send of each content event."""


@dataclass(frozen=True, slots=True)
class TimedServer:
    """A running timed server."""

    url: str
    pid: int

    @property
    def base_url(self) -> str:
        """With its /v1."""
        return f"{self.url}/v1"

    def truths(self) -> dict[str, Truth]:
        """What it knows of the requests since the last call, by their marker."""
        import urllib.request  # not for the server itself

        with urllib.request.urlopen(f"{self.url}/truth", timeout=_START_S) as answer:
            return {entry["marker"]: Truth(**entry) for entry in json.load(answer)}


@contextmanager
def timed_server(models: Mapping[str, Pace]) -> Iterator[TimedServer]:
    """Start it with these models, and end it."""
    job = {name: asdict(pace) for name, pace in models.items()}
    with Worker.start("foundry_exp.measure.calibration.server", job) as worker:
        yield TimedServer(worker.answer(_START_S, "starting")["url"], worker.pid)
