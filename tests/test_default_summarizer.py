"""The story that the tool is for, on the demonstration models and through the real runtime: which model to take."""

import json
from pathlib import Path

import pytest

from foundry_exp.files import shipped_files
from foundry_exp.records import run_folder, runs
from tests.conftest import Run, native

pytestmark = pytest.mark.real

PROMPTS = 8


def few_prompts(folder: Path) -> Path:
    """The first of the recipe's own prompts: a test needs no interval of a 95th percentile."""
    every = json.loads((shipped_files.shipped("prompts") / "sets" / "meeting-notes.json").read_text(encoding="utf-8"))
    path = folder / "notes.json"
    path.write_text(json.dumps(every[:PROMPTS]), encoding="utf-8")
    return path


def test_it_measures_skips_what_is_not_here_and_recommends_with_reasons(run: Run, tmp_path: Path) -> None:
    done = run(
        "experiment=default-summarizer", "workload.rounds=1", "tracker=none", f"prompts.path={few_prompts(tmp_path)}",
        "decision.constraints.e2e_p95_ms=60000", "decision.constraints.quality=1", "sweep.name=pick",
        f"device_lock.folder={tmp_path / 'locks'}", *native(tmp_path),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    sweep = tmp_path / "mlruns" / "runs" / "pick"
    found = {path.name: run_folder.read_result(path) for path in runs.finished_cells(sweep)}
    assert {name: result.status for name, result in found.items()} == {
        "demo-small-accel-cpu": "ok",
        "demo-small-accel-gpu": "skipped",
        "demo-large-accel-cpu": "ok",
        "demo-large-accel-gpu": "skipped",
    }
    report = (sweep / "report.md").read_text(encoding="utf-8")
    said = " ".join(done.stdout.split())
    for text in (said, report):
        assert "default-summarizer: take demo-" in text
        assert "It keeps to every constraint: p95 answer" in text
        assert "demo-large (gpu) is out: its status is skipped: accel=gpu" in text
    assert "demo-small (gpu) — skipped: accel=gpu: demo-small has no such variant here" in said
    assert "missing execution providers: CUDAExecutionProvider" in said
    assert "demo-small has no such variant here" in report
