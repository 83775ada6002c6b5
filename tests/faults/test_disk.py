"""Disks that are full or read-only: a real small file system, mounted for the test."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from foundry_exp.records import run_folder, runs
from tests.conftest import SCRIPTED, Run, absent

pytestmark = pytest.mark.real

QUICK = (*SCRIPTED, "backend.realtime=false")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 600 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if sys.platform == "win32" or os.geteuid() or _mount(folder, "size=600k"):
        absent("only root can mount a small file system")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def _mount(folder: Path, options: str) -> int:
    asked = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    return subprocess.run(asked, check=False, capture_output=True).returncode


def test_a_disk_that_fills_while_recording_keeps_every_whole_record(run: Run, disk: Path) -> None:
    asked = (*QUICK, f"output_dir={disk / 'out'}", "sweep.name=full", "workload.rounds=400")
    done = run(*asked)
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    said = " ".join(done.stderr.split())
    assert "No space left on device" in said
    assert "free some disk space" in said
    (cell,) = (disk / "out" / "runs" / "full").glob("*/")
    kept = run_folder.read_records(cell)
    assert len(kept) > 100
    assert "sweep.resume=true" in said, "how to go on is not said"
    assert _mount(disk, "remount,size=20m") == 0
    assert run(*asked, "sweep.resume=true").returncode == 0
    whole = run_folder.read_records(cell)
    assert whole[: len(kept)] == kept
    measured = [(record.sample_id, record.round) for record in whole if record.phase == "measure"]
    assert len(measured) == len(set(measured)) == 1600


def test_a_disk_that_fills_while_publishing_leaves_the_run_whole(run: Run, disk: Path, tmp_path: Path) -> None:
    done = run(*QUICK[:-2], "backend.realtime=false", f"tracker.uri=sqlite:///{disk / 'store.db'}", "sweep.name=full")
    assert done.returncode == 0
    assert "Traceback" not in done.stdout + done.stderr
    said = " ".join(done.stderr.split())
    assert "not published" in said
    assert "full" in said
    (cell,) = runs.finished_cells(tmp_path / "mlruns" / "runs" / "full")
    assert run_folder.read_result(cell).status == "ok"


def test_a_read_only_run_folder_is_a_sentence(run: Run, disk: Path) -> None:
    out = f"output_dir={disk / 'out'}"
    assert run(*QUICK, out, "sweep.name=kept", "workload.rounds=1").returncode == 0
    assert _mount(disk, "remount,ro") == 0
    for arguments, code in (
        (["report", "kept", "--output-dir", str(disk / "out")], 1),
        (["score", "kept", "--output-dir", str(disk / "out")], 1),
        ([*QUICK, out, "sweep.name=other"], 1),
        ([*QUICK[:-2], "backend.realtime=false", out], 2),
    ):
        done = run(*arguments)
        assert done.returncode == code, arguments
        assert "Read-only file system" in done.stderr
        assert "Traceback" not in done.stderr
