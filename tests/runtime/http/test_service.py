"""The SDK's own web service, in a process of its own, with a demonstration model."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from foundry_exp.errors import BackendError, SkipCellError
from foundry_exp.protocols import ModelRequest
from foundry_exp.records.record import Message, Sample
from foundry_exp.runtime.http.service import ServiceBackend
from foundry_exp.runtime.http.transport import CAN_QUICK_ACK
from foundry_exp.runtime.models import folder
from tests.conftest import absent, demo_model
from tests.runtime.backends.contract import BackendContract, asked, held_to_a_schema, model_request, refused, request

pytestmark = pytest.mark.real

_PARENT = """
import sys
from pathlib import Path
from foundry_exp.runtime.http.service import ServiceBackend
from tests.runtime.backends.contract import model_request
place, model = Path(sys.argv[1]), Path(sys.argv[2])
backend = ServiceBackend(str(place / "data"), str(place / "models"), 10.0, 120.0, True)
backend.load(model_request("demo-small", model, place / "log"))
print(backend.model_pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def asked_for(tmp_path_factory: pytest.TempPathFactory) -> ModelRequest:
    path = demo_model("demo-small")
    if not (path / folder.GENAI_CONFIG).is_file():
        absent("demonstration model demo-small")
    return model_request("demo-small", path, tmp_path_factory.mktemp("log"))


@pytest.fixture(scope="module")
def backend(asked_for: ModelRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceBackend]:
    place = tmp_path_factory.mktemp("foundry")
    backend = ServiceBackend(
        data_dir=str(place / "data"),
        cache_dir=str(place / "models"),
        connect_timeout_s=10.0,
        load_timeout_s=120.0,
        quick_ack=True,
    )
    backend.load(asked_for)
    yield backend
    backend.unload()


class TestServiceContract(BackendContract):
    pass


def test_what_was_loaded_is_named_exactly_and_timed_in_its_own_process(
    backend: ServiceBackend, asked_for: ModelRequest
) -> None:
    loaded = backend.load(asked_for)
    assert (loaded.variant, loaded.path) == ("demo-small-generic-cpu:1", demo_model("demo-small"))
    assert loaded.runtime["service"] == "foundry"
    assert loaded.load_s is not None
    assert loaded.load_s > 0
    assert loaded.pid == backend.model_pid
    assert float(loaded.runtime["rtt_ms"]) > 0


def test_the_model_runs_in_another_process_which_unloading_ends(
    backend: ServiceBackend, asked_for: ModelRequest
) -> None:
    pid = backend.model_pid
    assert pid not in (None, os.getpid())
    assert psutil.pid_exists(pid or -1)
    backend.unload()
    assert backend.model_pid is None
    assert not psutil.pid_exists(pid or -1)
    backend.load(asked_for)


def test_a_prompt_longer_than_the_context_is_refused(backend: ServiceBackend) -> None:
    error = refused(backend, Sample("long", (Message("user", "local inference " * 4000),), "d"))
    assert error.error_class == "context_overflow"
    assert asked(backend).error is None


def test_a_request_past_its_limit_is_given_up(backend: ServiceBackend) -> None:
    slow = request(max_tokens=400)
    hasty = type(slow)(**{**{name: getattr(slow, name) for name in slow.__slots__}, "total_timeout_s": 0.001})
    with pytest.raises(BackendError) as caught:
        list(backend.stream(hasty, time.perf_counter_ns))
    assert caught.value.error_class == "timeout_total"
    assert asked(backend).error is None


def test_a_missing_accelerator_crosses_the_process_as_a_skip(backend: ServiceBackend, asked_for: ModelRequest) -> None:
    fields = {name: getattr(asked_for, name) for name in asked_for.__slots__}
    with pytest.raises(SkipCellError, match="demo-small-generic-cpu:1"):
        backend.load(ModelRequest(**{**fields, "accel": "gpu", "device": "GPU", "prefer": ("cuda-gpu",)}))
    assert backend.model_pid is None, "nothing is left behind"
    backend.load(asked_for)


def test_the_service_ends_when_its_parent_is_killed(asked_for: ModelRequest, tmp_path: Path) -> None:
    arguments = [sys.executable, "-c", _PARENT, str(tmp_path), str(asked_for.path)]
    parent = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    process = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.communicate()
    psutil.wait_procs([process], timeout=30)
    assert not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_answers_are_acknowledged_at_once_so_that_they_come_event_by_event(
    backend: ServiceBackend, asked_for: ModelRequest
) -> None:
    """Foundry's service leaves Nagle's algorithm on: unacknowledged, a short answer comes as one burst."""
    if not CAN_QUICK_ACK:
        pytest.skip("this system acknowledges as it likes")
    backend.load(asked_for)
    for _ in range(15):
        asked(backend)  # a new connection is acknowledged at once by itself for its first exchanges
    # a busy machine reads many an answer late; unacknowledged, every one of them would be a burst
    records = (asked(backend) for _ in range(60))
    assert any(len(set(record.event_ns)) > len(record.event_ns) / 2 for record in records)


def test_an_answer_is_held_to_a_schema_while_it_is_written(backend: ServiceBackend) -> None:
    answer = held_to_a_schema(backend)
    assert list(answer) == ["reason", "score"]
    assert answer["score"] in range(1, 6)
