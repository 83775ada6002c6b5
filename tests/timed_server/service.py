"""The timed server as those who ask it see it: how it is told to answer, its start and end, and what it knows."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

from foundry_exp.runtime.worker import Worker

_START_S = 30.0

Fault = Literal[
    "hang_up",
    "reset",
    "cut",
    "silence",
    "status",
    "malformed",
    "error_event",
    "error_answer",
    "no_done",
    "no_reason",
    "empty",
    "content_type",
    "redirect",
    "endless",
]
"""hang_up: closed without a byte · reset: RST · cut: closed amid the body · silence: nothing more is sent ·
status: an HTTP error · malformed: an event that is no JSON · error_event: `{"error"}` in a 200 · error_answer: the same
instead of a stream · no_done: ends without [DONE] · no_reason: ends without a finish_reason · empty: no text ·
content_type: HTML · redirect: 307 · endless: never stops."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Timing, shape and fault of a model's answers; times are counted from the request's last byte."""

    ttft_ms: float = 20.0
    gap_ms: float = 2.0
    """Time of one token after the first event."""
    tokens: int = 8
    tokens_per_event: int = 1
    reasoning_tokens: int = 0
    """How many of the tokens, from the first, are reasoning."""
    tool_call: bool = False
    """The answer is the arguments of a tool call."""
    role_chunk: bool = True
    keep_alive_ms: float | None = None
    """A comment this often until the first token; null for none."""
    usage: Literal["asked", "each", "none"] = "asked"
    """Counts at the end when asked for, in every chunk, or never."""
    doubled_headers: bool = False
    """The head of a stream says its Content-Type twice, as Foundry 2.2.1 does."""
    refuses: str = ""
    """A field of the request that gets a 400."""
    work_rounds: int = 0
    """PBKDF2 rounds for each token, on every core: a CPU-bound model. Its pace replaces `gap_ms`."""
    fault: Fault | None = None
    fault_after: int = 2
    """Content events before the fault, where it is one within a stream."""
    fault_every: int = 1
    """The n-th, 2n-th … request is the one that fails."""
    status: int = 500
    retry_after: str = ""
    message: str = "the behaviour says so"


@dataclass(frozen=True, slots=True)
class Service:
    """One timed server: which generation of service it looks like, and its models."""

    models: dict[str, Behaviour]
    kind: Literal["openai", "foundry2", "foundry0", "unlisted"] = "openai"
    """openai: /v1 alone · foundry2: /status, /models/load · foundry0: /openai/… · unlisted: no list of models."""
    prefix: str = ""
    """What stands before /v1, such as /catalogs/local."""
    unloaded: list[str] = field(default_factory=list)
    """Models that must be loaded before they answer (400 until then)."""
    unloadable: list[str] = field(default_factory=list)
    """Models that loading fails for."""
    closes_after_get: bool = False
    """A GET's connection is closed when it is answered."""
    api_key: str = ""
    """The bearer token that is asked for; empty for none."""
    certificate: str = ""
    """A PEM file with its key and certificate, for https; empty for http."""

    def to_json(self) -> dict[str, Any]:
        """The service as JSON can hold it."""
        return asdict(self)


def from_json(written: dict[str, Any]) -> Service:
    """The service that `to_json` wrote."""
    named = {entry.name: written[entry.name] for entry in fields(Service) if entry.name in written}
    models = {name: Behaviour(**behaviour) for name, behaviour in written["models"].items()}
    return Service(**{**named, "models": models})


@dataclass(slots=True)
class Truth:
    """What the server knows about one request."""

    marker: str
    """The last message of the prompt, by which a client finds its own request."""
    received_ns: int
    connection: int
    """Counted from 0 in the order of connecting."""
    place: int
    """How many requests the connection had carried before."""
    headers: dict[str, str]
    body: str
    """The request, as it was on the wire."""
    sent_ns: list[int] = field(default_factory=list)
    """The time before the send of each content event, or of the whole answer."""


@dataclass(frozen=True, slots=True)
class TimedServer:
    """A running timed server."""

    url: str
    pid: int
    base_url: str
    """With its prefix and /v1."""

    def truths(self) -> dict[str, Truth]:
        """What it knows of the requests since the last call, by their marker."""
        import urllib.request  # not for the server itself

        opener = urllib.request.build_opener()  # urlopen's keeps the certificates of its first call
        with opener.open(f"{self.url}/truth", timeout=_START_S) as answer:
            return {entry["marker"]: Truth(**entry) for entry in json.load(answer)}


@contextmanager
def timed_server(service: Service) -> Iterator[TimedServer]:
    """Start it, and end it."""
    with Worker.start("tests.timed_server.server", service.to_json()) as worker:
        serving = worker.answer(_START_S, "starting")
        yield TimedServer(serving["url"], worker.pid, f"{serving['url']}{service.prefix}/v1")
