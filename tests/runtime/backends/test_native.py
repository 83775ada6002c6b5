"""The real Foundry Local runtime, in this process, with a demonstration model."""

import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from foundry_exp.errors import BackendError, SkipCellError
from foundry_exp.protocols import Backend, ModelRequest
from foundry_exp.records.record import Message, Sample
from foundry_exp.runtime.backends import native
from foundry_exp.runtime.backends.native import NativeBackend
from foundry_exp.runtime.models import runtime
from tests.conftest import demo_model
from tests.runtime.backends.contract import (
    PROMPT,
    BackendContract,
    asked,
    held_to_a_schema,
    model_request,
    refused,
    request,
)


@pytest.fixture(scope="module")
def asked_for(tmp_path_factory: pytest.TempPathFactory) -> ModelRequest:
    return model_request("demo-small", demo_model("demo-small"), tmp_path_factory.mktemp("log"))


@pytest.fixture(scope="module")
def backend(asked_for: ModelRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NativeBackend]:
    folder = tmp_path_factory.mktemp("foundry")
    backend = NativeBackend(data_dir=str(folder / "data"), cache_dir=str(folder / "models"))
    backend.load(asked_for)
    yield backend
    backend.unload()


class TestNativeContract(BackendContract):
    pass


def test_what_was_loaded_is_named_exactly(backend: NativeBackend, asked_for: ModelRequest) -> None:
    backend.unload()
    loaded = backend.load(asked_for)
    assert loaded.variant == "demo-small-generic-cpu:1"
    assert loaded.path == demo_model("demo-small")
    assert loaded.context_length is not None
    assert loaded.runtime["foundry-local-sdk"].startswith("2.")


def test_the_log_names_the_provider_of_each_request(backend: Backend, asked_for: ModelRequest) -> None:
    asked(backend)
    logs = b"".join(path.read_bytes() for path in asked_for.log_dir.glob(runtime.LOG_GLOB))
    assert set(runtime.providers(logs)) == {"CPUExecutionProvider"}


def test_a_prompt_longer_than_the_context_is_refused_with_its_size(backend: Backend) -> None:
    error = refused(backend, Sample("long", (Message("user", "local inference " * 4000),), "d"))
    assert error.error_class == "context_overflow"
    assert "shorten the prompt" in str(error)
    assert asked(backend).error is None, "one refused prompt must not spoil the next"


def test_a_system_turn_is_taken(backend: Backend) -> None:
    sample = Sample("s", (Message("system", "Answer briefly."), *PROMPT.messages), "d")
    assert [event.kind for event in backend.stream(request(sample=sample), time.perf_counter_ns)][-1] == "end"


@pytest.mark.parametrize("streaming", [True, False])
def test_a_request_past_its_limit_is_cancelled(backend: Backend, streaming: bool) -> None:
    slow = request(streaming=streaming, max_tokens=400)
    hasty = type(slow)(**{**{name: getattr(slow, name) for name in slow.__slots__}, "total_timeout_s": 0.001})
    with pytest.raises(BackendError) as caught:
        list(backend.stream(hasty, time.perf_counter_ns))
    assert caught.value.error_class == "timeout_total"
    assert asked(backend).error is None


def test_an_accelerator_without_a_variant_is_skipped_with_what_there_is(
    backend: Backend, asked_for: ModelRequest
) -> None:
    backend.unload()
    fields = {name: getattr(asked_for, name) for name in asked_for.__slots__}
    with pytest.raises(SkipCellError, match="demo-small-generic-cpu:1"):
        backend.load(ModelRequest(**{**fields, "accel": "gpu", "device": "GPU", "prefer": ("cuda-gpu",)}))
    backend.unload()
    backend.load(asked_for)


def test_a_folder_that_moved_is_registered_again(backend: Backend, asked_for: ModelRequest, tmp_path: Path) -> None:
    backend.unload()
    (tmp_path / "moved").symlink_to(demo_model("demo-small"))
    fields = {name: getattr(asked_for, name) for name in asked_for.__slots__}
    assert backend.load(ModelRequest(**{**fields, "path": tmp_path / "moved"})).path == tmp_path / "moved"
    backend.unload()
    assert backend.load(asked_for).path == demo_model("demo-small")


@pytest.mark.slow
def test_an_answer_is_held_to_a_schema_while_it_is_written(backend: Backend) -> None:
    answer = held_to_a_schema(backend)
    assert list(answer) == ["reason", "score"]
    assert answer["score"] in range(1, 6)
    assert not asked(backend).text.startswith("{"), "the next request is free again"


@pytest.mark.parametrize("reason", ["NONE", "ERROR", "CANCELLED"])
def test_an_answer_that_the_runtime_does_not_call_done_is_a_failure(reason: str) -> None:
    """A stand-in, since the real runtime ends none so when it is asked to."""
    response: Any = SimpleNamespace(
        finish_reason=SimpleNamespace(name=reason),
        get_usage=lambda: SimpleNamespace(prompt_tokens=3, completion_tokens=1),
    )
    with pytest.raises(BackendError, match=f"ended the answer with {reason}") as caught:
        native._end(response, 2, 1)
    assert caught.value.error_class == "end_reason"
