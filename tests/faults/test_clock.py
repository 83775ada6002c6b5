"""A wall clock that is set back while a cell is measured changes no timing."""

import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from foundry_exp.records import run_folder, runs
from tests.conftest import SCRIPTED, clean_environment, command

pytestmark = pytest.mark.real

# Stands in front of every process's own start, so that each look at the wall clock is an hour before the last one.
SET_BACK = """
import datetime, itertools, time
steps = itertools.count()
true_time, true_ns = time.time, time.time_ns
time.time = lambda: true_time() - 3600 * next(steps)
time.time_ns = lambda: true_ns() - 3600_000_000_000 * next(steps)

class Stepped(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return super().now(tz) - datetime.timedelta(hours=next(steps))

datetime.datetime = Stepped
"""


def test_timings_do_not_follow_the_wall_clock(tmp_path: Path) -> None:
    (tmp_path / "early").mkdir()
    (tmp_path / "early" / "sitecustomize.py").write_text(SET_BACK, encoding="utf-8")
    path = os.pathsep.join([str(tmp_path / "early"), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        command([*SCRIPTED, "backend.ttft_ms=50", "backend.gap_ms=2", "sweep.name=stepped"]),
        cwd=tmp_path, env={**clean_environment(), "PYTHONPATH": path}, capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (cell,) = runs.finished_cells(tmp_path / "mlruns" / "runs" / "stepped")
    result = run_folder.read_result(cell)
    away = datetime.now(UTC) - datetime.fromisoformat(result.started_at)
    assert away > timedelta(minutes=50), "the clock was not set back"
    assert result.metrics["ttft_ms"]["min"] == result.metrics["ttft_ms"]["max"] == 50
    assert result.metrics["throughput_tok_per_s"] > 0
    assert result.metrics["load_s"] >= 0
    assert result.duration_s > 0
    assert not [warning for warning in result.warnings if "clock" in warning]
