"""The timed server, as a real process, with a model for each way to answer and each way to fail."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from foundry_exp.protocols import ModelRequest
from foundry_exp.records.record import Record
from foundry_exp.runtime.http.address import parse
from foundry_exp.runtime.http.client import ChatClient
from foundry_exp.runtime.http.endpoint import EndpointBackend
from tests.runtime.http.asking import ask_client
from tests.timed_server.service import Behaviour, Service, TimedServer, timed_server

MODELS = {
    "steady": Behaviour(tokens=24),
    "coalesced": Behaviour(tokens=16, tokens_per_event=4, ttft_ms=30, gap_ms=5),
    "coalesced-counted": Behaviour(tokens=16, tokens_per_event=4, ttft_ms=30, gap_ms=5, usage="each"),
    "reasoning": Behaviour(reasoning_tokens=3),
    "tool": Behaviour(tool_call=True),
    "no-role": Behaviour(role_chunk=False),
    "slow-prefill": Behaviour(ttft_ms=120, keep_alive_ms=20),
    "no-usage": Behaviour(usage="none"),
    "doubled": Behaviour(doubled_headers=True),
    "old": Behaviour(refuses="stream_options"),
    "free-text": Behaviour(refuses="response_format"),
    "hang_up": Behaviour(fault="hang_up"),
    "reset": Behaviour(fault="reset"),
    "cut": Behaviour(fault="cut"),
    "silent": Behaviour(fault="silence"),
    "silent-commenting": Behaviour(fault="silence", keep_alive_ms=20),
    "never-first": Behaviour(fault="silence", fault_after=0),
    "never-first-commenting": Behaviour(fault="silence", fault_after=0, keep_alive_ms=20),
    "404": Behaviour(fault="status", status=404),
    "429": Behaviour(fault="status", status=429, retry_after="7"),
    "500": Behaviour(fault="status", status=500),
    "503": Behaviour(fault="status", status=503),
    "overflow": Behaviour(fault="error_event", fault_after=0, message="exceeds the model's maximum context length"),
    "malformed": Behaviour(fault="malformed"),
    "error_event": Behaviour(fault="error_event"),
    "error_answer": Behaviour(fault="error_answer"),
    "every-4th": Behaviour(fault="error_event", fault_every=4),
    "no_done": Behaviour(fault="no_done"),
    "no_reason": Behaviour(fault="no_reason"),
    "empty": Behaviour(fault="empty"),
    "content_type": Behaviour(fault="content_type"),
    "redirect": Behaviour(fault="redirect"),
    "endless": Behaviour(fault="endless", ttft_ms=0, gap_ms=0),
}

Ask = Callable[..., Record]
Serve = Callable[..., TimedServer]


@pytest.fixture(scope="session")
def server() -> Iterator[TimedServer]:
    with timed_server(Service(MODELS)) as running:
        yield running


@pytest.fixture
def serve() -> Iterator[Serve]:
    """`serve(Service(…))`: a server for this test alone."""
    with ExitStack() as stack:
        yield lambda service: stack.enter_context(timed_server(service))


@pytest.fixture
def ask(server: TimedServer) -> Iterator[Ask]:
    """`ask("model", streaming=False)`: one chat with the timed server, as a record."""
    client = ChatClient(parse(server.base_url), "", 5.0, clock=time.perf_counter_ns, max_answer_bytes=200_000)
    yield lambda model, **choices: ask_client(client, model, **choices)
    client.close()


@pytest.fixture
def attach() -> Iterator[Callable[..., EndpointBackend]]:
    """`attach(url)`: an endpoint backend that is unloaded at the end."""
    with ExitStack() as stack:

        def make(url: str | None, api_key_env: str = "", end_reasons: Sequence[str] = ()) -> EndpointBackend:
            backend = EndpointBackend(
                url, api_key_env, connect_timeout_s=5.0, load_timeout_s=5.0, quick_ack=True, end_reasons=end_reasons
            )
            stack.callback(backend.unload)
            return backend

        yield make


def wanted(alias: str, accel: str = "auto", device: str | None = None, variant: str | None = None) -> ModelRequest:
    """A model request that is about names alone."""
    prefer = ("cuda-gpu", "generic-gpu") if device == "GPU" else ("generic-cpu",)
    return ModelRequest(alias, variant, None, accel, device, prefer, Path())
