"""The child's own part: what it says of a cell that fails."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from foundry_exp.config import compose
from foundry_exp.errors import BackendError
from foundry_exp.measure import __main__ as child
from foundry_exp.measure import memory_fit
from foundry_exp.protocols import ChatRequest, Clock, Event
from foundry_exp.records import config_json, record_log, run_folder
from foundry_exp.records.config import Config
from foundry_exp.runtime.backends.scripted import ScriptedBackend
from tests.conftest import SCRIPTED

MODEL: dict[str, Any] = {
    "alias": "a",
    "variant": None,
    "path": None,
    "accel": "cpu",
    "device": "CPU",
    "prefer": [],
    "log_dir": ".",
}


class Heard:
    """A parent that goes on with everything."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.stopped = threading.Event()

    def say(self, step: str, **_: Any) -> None:
        self.steps.append(step)

    rest = say


class Stuck(ScriptedBackend):
    def unload(self) -> None:
        raise BackendError("unload", "nothing can be unloaded any more.")


def test_what_ended_a_cell_is_told_also_when_unloading_fails_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: Any) -> None:
        raise BackendError("service", "the service died.")

    monkeypatch.setattr(memory_fit, "check", lambda *_: None)
    monkeypatch.setattr(child, "_measure", die)
    parent: Any = Heard()
    composed = compose.plain(compose.jobs(SCRIPTED, multirun=False)[0][0].config)
    stuck, job = Stuck("word", 1, 1, 1, 0, False, None, 1), {"folder": str(tmp_path), "model": MODEL}
    config = config_json.build(Config, composed)
    with pytest.raises(BackendError, match="the service died"):
        child._run_alone(stuck, config, job, parent)
    assert parent.steps == ["ready", "loaded", "unloading"]


class Refusing(ScriptedBackend):
    """Refuses every request, and has a person stop the cell meanwhile."""

    stopped: threading.Event

    def stream(self, request: ChatRequest, clock: Clock) -> Iterator[Event]:
        self.stopped.set()
        raise BackendError("connect", "nothing listens there")


@pytest.mark.slow
@pytest.mark.parametrize(
    "shape", [{}, {"concurrency": 2}, {"rate_per_s": 100.0}, {"warmup": 1}], ids=["one", "two", "schedule", "warm-up"]
)
def test_a_stopped_cell_does_not_wait_for_a_pause_between_tries(tmp_path: Path, shape: dict[str, Any]) -> None:
    """The pause is an hour long; the request is left to whoever resumes the cell."""
    config = compose.plain(compose.jobs([*SCRIPTED, "workload.warmup=0"], multirun=False)[0][0].config)
    config["workload"] |= {"retries": 3, "retry_backoff_s": 3600.0, "total_timeout_s": 7200.0, **shape}
    sample = {"sample_id": "s", "messages": [{"role": "user", "content": "Hello"}], "digest": "d"}
    job = {"samples": [sample], "done": [], "attempt": 0}
    parent: Any = Heard()
    backend = Refusing("word", 1, 1, 1, 0, False, None, 1)
    backend.stopped = parent.stopped
    child._measure(backend, config_json.build(Config, config), job, record_log.RecordLog(tmp_path), parent)
    assert not run_folder.read_records(tmp_path)


@pytest.mark.real
def test_the_process_that_holds_a_model_loads_only_what_measuring_takes() -> None:
    """What it loads is in its baseline memory and in the time that each cell takes."""
    probe = "import sys; import foundry_exp.measure.__main__; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True, timeout=60)
    too_much = {"pydantic", "psutil", "numpy", "yaml", "rich", "hydra", "importlib.metadata", "concurrent.futures"}
    assert not set(done.stdout.split()) & {*too_much, "difflib", "foundry_exp.records.run_result"}
