"""Whatever becomes of the process that looks, its asker gets a sentence in time."""

import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from foundry_exp.cli.doctor.probe_process import ask
from foundry_exp.config import compose

pytestmark = pytest.mark.real


def job(tmp_path: Path, *overrides: str) -> dict[str, Any]:
    composed = compose.jobs(["backend=scripted", "backend.realtime=false", *overrides], multirun=False)[0][0]
    model: dict[str, Any] = {"alias": "m", "variant": None, "path": None, "accel": "cpu", "device": None, "prefer": []}
    return {
        "do": "model",
        "backend": compose.plain(composed.config)["backend"],
        "has_service": False,
        "limit_s": 5,
        "model": model,
    }


def test_a_model_that_answers_says_each_step(tmp_path: Path) -> None:
    told = ask(job(tmp_path), 60)
    assert told.problem is None
    assert list(told.steps) == ["loaded", "answered", "done"]
    assert told.steps["answered"]["text"] == "Local"


def test_a_process_that_hangs_is_ended_and_what_it_said_is_kept(tmp_path: Path) -> None:
    start_s = time.monotonic()
    others = set(psutil.Process().children())  # servers that other tests keep
    told = ask(job(tmp_path, "backend.fault=hang"), 4)
    assert time.monotonic() - start_s < 20
    assert told.problem == "no answer within 4 s"
    assert list(told.steps) == ["loaded"]
    assert not set(psutil.Process().children()) - others


@pytest.mark.parametrize(
    ("fault", "says"), [("crash", "ended with code 139"), ("load", "the script says that loading fails")]
)
def test_a_process_that_fails_says_how(tmp_path: Path, fault: str, says: str) -> None:
    told = ask(job(tmp_path, f"backend.fault={fault}"), 60)
    assert told.problem is not None
    assert says in told.problem
