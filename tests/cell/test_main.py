"""The child's own part: what it says of a cell that fails."""

import threading
from pathlib import Path
from typing import Any

import pytest

from foundry_exp.backends.scripted import ScriptedBackend
from foundry_exp.cell import __main__ as child
from foundry_exp.cell import room
from foundry_exp.errors import BackendError

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

    monkeypatch.setattr(room, "check", lambda _: None)
    monkeypatch.setattr(child, "_measure", die)
    parent: Any = Heard()
    with pytest.raises(BackendError, match="the service died"):
        child._run_alone(Stuck("word", 1, 1, 1, 0, False, None, 1), {"folder": str(tmp_path), "model": MODEL}, parent)
    assert parent.steps == ["ready", "loaded", "unloading"]
