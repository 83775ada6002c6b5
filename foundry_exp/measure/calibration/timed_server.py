"""The timed server as a process of its own, for the length of a `with` block."""

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from foundry_exp.measure.calibration.answers import Truth
from foundry_exp.measure.calibration.behaviour import Service
from foundry_exp.runtime.worker import Worker

_START_S = 30.0


@dataclass(frozen=True, slots=True)
class TimedServer:
    """A running timed server."""

    url: str
    pid: int
    base_url: str
    """With its prefix and /v1."""

    def truths(self) -> dict[str, Truth]:
        """What it knows of the requests since the last call, by their marker."""
        opener = urllib.request.build_opener()  # urlopen's keeps the certificates of its first call
        with opener.open(f"{self.url}/truth", timeout=_START_S) as answer:
            return {entry["marker"]: Truth(**entry) for entry in json.load(answer)}


@contextmanager
def timed_server(service: Service) -> Iterator[TimedServer]:
    """Start it, and end it."""
    with Worker.start("foundry_exp.measure.calibration.server", service.to_json()) as worker:
        serving = worker.answer(_START_S, "starting")
        yield TimedServer(serving["url"], worker.pid, f"{serving['url']}{service.prefix}/v1")
