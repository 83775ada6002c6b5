"""Attaching to a service: which generation, which id, loaded or not; then the contract of every backend."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from foundry_exp.errors import BackendError, ConfigError, SkipCellError
from foundry_exp.measure.one_request import PlannedRequest, ask
from foundry_exp.protocols import Backend, ModelRequest
from foundry_exp.records.record import Message, Sample
from foundry_exp.runtime.http.endpoint import EndpointBackend
from tests.runtime.backends.contract import PROMPT, VERDICT, BackendContract, asked, request
from tests.runtime.http.conftest import Serve, wanted
from tests.timed_server.service import Behaviour, Service, TimedServer

Attach = Callable[..., EndpointBackend]
CPU, CUDA = "phi-4-mini-generic-cpu:5", "phi-4-mini-cuda-gpu:5"
QUICK = Behaviour(ttft_ms=1, gap_ms=0)


class TestEndpointContract(BackendContract):
    @pytest.fixture
    def asked_for(self) -> ModelRequest:
        return wanted("steady")

    @pytest.fixture
    def backend(self, server: TimedServer, asked_for: ModelRequest, attach: Attach) -> Iterator[Backend]:
        backend = attach(server.base_url)
        backend.load(asked_for)
        yield backend
        backend.unload()


@pytest.mark.real
def test_another_openai_server_is_measured_with_unknowns_left_null(server: TimedServer, attach: Attach) -> None:
    loaded = attach(server.url).load(wanted("steady"))
    assert (loaded.variant, loaded.device, loaded.execution_provider, loaded.path, loaded.context_length) == (
        "steady", None, None, None, None,
    )  # fmt: skip
    assert loaded.runtime["service"] == "openai-compatible"
    assert float(loaded.runtime["rtt_ms"]) > 0


@pytest.mark.real
@pytest.mark.parametrize("streaming", [True, False])
def test_a_server_that_never_says_why_it_ends_is_accepted_by_name(
    server: TimedServer, attach: Attach, streaming: bool
) -> None:
    backend = attach(server.url, end_reasons=["missing"])
    assert backend.load(wanted("no_reason")).runtime["end_reasons"] == "missing"
    events = list(backend.stream(request(streaming=streaming), time.perf_counter_ns))
    assert (events[-1].kind, events[-1].finish_reason) == ("end", None)
    strict = attach(server.url)
    with pytest.raises(BackendError, match=r"backend.end_reasons=\[missing\]"):
        strict.load(wanted("no_reason"))


@pytest.mark.parametrize("reasons", ["missing", [3]])
def test_end_reasons_are_a_list_of_names(attach: Attach, reasons: object) -> None:
    with pytest.raises(ConfigError, match=r"such as \[missing,abort\]"):
        attach("http://127.0.0.1:9", end_reasons=reasons).load(wanted("m"))


@pytest.mark.real
def test_foundry_loads_by_alias_and_serves_the_variant(serve: Serve, attach: Attach) -> None:
    server = serve(Service({CPU: QUICK}, kind="foundry2", unloaded=[CPU]))
    backend = attach(server.url)
    loaded = backend.load(wanted("phi-4-mini", accel="cpu", device="CPU"))
    assert (loaded.variant, loaded.device) == (CPU, "CPU")
    assert (loaded.runtime["service"], loaded.runtime["already_loaded"]) == ("foundry", "false")
    assert asked(backend).error is None


@pytest.mark.real
def test_attaching_asks_no_chat_where_the_service_says_that_the_model_is_loaded(serve: Serve, attach: Attach) -> None:
    server = serve(Service({CPU: QUICK}, kind="foundry2", unloaded=[CPU]))
    attach(server.url).load(wanted("phi-4-mini"))
    assert not server.truths(), "a probe chat would warm the model, and a cold first token would not be cold"


@pytest.mark.real
def test_the_local_catalogue_has_its_own_routes(serve: Serve, attach: Attach) -> None:
    server = serve(Service({CPU: QUICK}, kind="foundry2", prefix="/catalogs/local", unloaded=[CPU]))
    backend = attach(server.base_url)
    assert backend.load(wanted("phi-4-mini")).runtime["service"] == "foundry"
    assert asked(backend).error is None


@pytest.mark.real
def test_a_foundry_before_1_0_loads_by_id(serve: Serve, attach: Attach) -> None:
    server = serve(Service({CPU: QUICK}, kind="foundry0", unloaded=[CPU]))
    backend = attach(server.url)
    assert backend.load(wanted("phi-4-mini")).runtime["service"] == "foundry 0.x"
    assert asked(backend).error is None


@pytest.mark.real
def test_a_service_without_a_list_of_models_is_taken_at_its_word(serve: Serve, attach: Attach) -> None:
    backend = attach(serve(Service({"only": QUICK}, kind="unlisted")).url)
    assert backend.load(wanted("only")).variant == "only"
    with pytest.raises(BackendError, match="No model matching") as caught:
        backend.load(wanted("other"))
    assert caught.value.error_class == "http_404"


@pytest.mark.real
def test_a_model_that_cannot_be_loaded_from_here_names_the_command(serve: Serve, attach: Attach) -> None:
    server = serve(Service({CPU: QUICK}, kind="foundry2", unloaded=[CPU], unloadable=[CPU]))
    with pytest.raises(BackendError, match=f"foundry model load {CPU}") as caught:
        attach(server.url).load(wanted("phi-4-mini"))
    assert caught.value.error_class == "not_loaded"


@pytest.mark.real
def test_an_alias_unlike_its_id_is_found_by_loading_it(serve: Serve, attach: Attach) -> None:
    unlike = "mistralai-Mistral-7B-Instruct-v0-2-generic-cpu:3"
    server = serve(Service({unlike: QUICK, CPU: QUICK}, kind="foundry2", unloaded=[unlike]))
    alias = "mistralai-Mistral-7B-Instruct-v0-2"
    assert attach(server.url).load(wanted(alias)).variant == unlike


@pytest.mark.real
def test_ambiguity_lists_the_candidates(serve: Serve, attach: Attach) -> None:
    server = serve(Service({CPU: QUICK, CUDA: QUICK}, kind="foundry2", unloaded=[CPU, CUDA]))
    with pytest.raises(BackendError, match=f"{CUDA}, {CPU}"):
        attach(server.url).load(wanted("phi-4-mini"))
    assert attach(server.url).load(wanted("phi-4-mini", accel="gpu", device="GPU")).variant == CUDA


@pytest.mark.real
def test_a_missing_accelerator_skips(serve: Serve, attach: Attach) -> None:
    server = serve(Service({CPU: QUICK}, kind="foundry2"))
    with pytest.raises(SkipCellError, match=CPU):
        attach(server.url).load(wanted("phi-4-mini", accel="gpu", device="GPU"))


def test_without_an_address_it_says_which_setting(attach: Attach) -> None:
    with pytest.raises(ConfigError, match="FOUNDRY_LOCAL_ENDPOINT"):
        attach(None).load(wanted("m"))


def test_constructing_asks_for_nothing() -> None:
    EndpointBackend(
        "http://127.0.0.1:9/v1", "NO_SUCH_VARIABLE", connect_timeout_s=1.0, load_timeout_s=1.0, quick_ack=True
    )


@pytest.mark.real
def test_stream_options_that_are_refused_are_left_out_from_then_on(server: TimedServer, attach: Attach) -> None:
    backend = attach(server.url)
    backend.load(wanted("old"))
    server.truths()
    first, second = asked(backend), asked(backend)
    assert (first.error, first.usage, second.error, second.usage) == (None, None, None, None)
    assert len(server.truths()) == 1, "both have the same prompt, and the refusal is not asked for again"


@pytest.mark.real
def test_a_schema_that_is_refused_is_left_out_from_then_on(server: TimedServer, attach: Attach) -> None:
    backend = attach(server.url)
    backend.load(wanted("free-text"))
    server.truths()
    held = replace(request(), response_schema=VERDICT)
    first, second = (ask(backend, PlannedRequest(PROMPT, 0, "measure"), held, 0) for _ in range(2))
    assert (first.error, second.error) == (None, None)
    assert first.text == second.text != ""


@pytest.mark.real
def test_requests_of_a_thread_share_one_warmed_connection(serve: Serve, attach: Attach) -> None:
    server = serve(Service({"m": QUICK}))
    backend = attach(server.url)
    backend.load(wanted("m"))
    server.truths()
    for number in range(5):
        asked_with(backend, f"turn {number}")
    truths = server.truths().values()
    assert {truth.connection for truth in truths} == {0}
    assert all(truth.place > 0 for truth in truths), "the first request on a connection is never a chat"


@pytest.mark.real
def test_after_a_broken_connection_the_next_one_is_warmed_too(serve: Serve, attach: Attach) -> None:
    server = serve(Service({"m": Behaviour(ttft_ms=1, fault="reset", fault_every=2)}, kind="foundry2"))
    backend = attach(server.url)
    backend.load(wanted("m"))
    asked_with(backend, "whole")
    with pytest.raises(BackendError):
        asked_with(backend, "broken")
    asked_with(backend, "after")
    truths = server.truths()
    assert truths["after"].connection != truths["broken"].connection
    assert truths["after"].place > 0


@pytest.mark.real
def test_each_thread_has_a_warmed_connection_and_its_own_answer(serve: Serve, attach: Attach) -> None:
    server = serve(Service({"m": Behaviour(ttft_ms=60, gap_ms=2)}))
    backend = attach(server.url)
    backend.load(wanted("m"))
    server.truths()
    with ThreadPoolExecutor(4) as threads:
        kinds = list(threads.map(lambda number: asked_with(backend, f"thread {number}"), range(12)))
    assert all(kind[-1] == "end" for kind in kinds)
    truths = server.truths().values()
    assert len(truths) == 12
    assert len({truth.connection for truth in truths}) <= 4
    assert all(truth.place > 0 for truth in truths)


def asked_with(backend: Backend, marker: str) -> list[str]:
    sample = Sample("p", (Message("user", marker),), "digest")
    return [event.kind for event in backend.stream(request(sample=sample), time.perf_counter_ns)]


@pytest.mark.real
@pytest.mark.parametrize(("kind", "metadata"), [("foundry2", {"top_k": "1"}), ("openai", None)])
def test_every_setting_is_on_the_wire(
    serve: Serve, attach: Attach, monkeypatch: pytest.MonkeyPatch, kind: str, metadata: object
) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "somebody")
    server = serve(Service({"m": QUICK}, kind=kind))  # type: ignore[arg-type]
    backend = attach(server.url)
    backend.load(wanted("m"))
    asked_with(backend, "hello")
    heard = server.truths()["hello"]
    said = json.loads(heard.body)
    assert said == {
        "model": "m", "messages": [{"role": "user", "content": "hello"}], "temperature": 0.0, "top_p": 1.0, "seed": 0,
        "max_tokens": 24, "stream": True, "stream_options": {"include_usage": True},
        **({"metadata": metadata} if metadata else {}),
    }  # fmt: skip
    assert "openai-organization" not in heard.headers
    assert heard.headers["accept-encoding"] == "identity"
