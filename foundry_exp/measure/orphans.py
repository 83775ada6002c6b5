"""A cell's process that outlives the one that watched it: ended before anyone goes on with the cell."""

import json
from contextlib import suppress
from pathlib import Path

import psutil

CHILD_FILE = ".child"
_PATIENCE_S = 5.0
"""A child ends when its parent's pipe closes; longer than this, native code keeps it."""
_SAME_START_S = 5.0
"""A correction of the clock moves the start times of all processes."""


def note(folder: Path, pid: int) -> None:
    """Write down which process works on a cell; its start time tells it from a later one of the same number."""
    with suppress(psutil.Error, OSError):
        started_s = psutil.Process(pid).create_time()
        (folder / CHILD_FILE).write_text(json.dumps({"pid": pid, "started_s": started_s}), encoding="utf-8")


def forget(folder: Path) -> None:
    """The process has ended, and was seen to."""
    (folder / CHILD_FILE).unlink(missing_ok=True)


def end(folder: Path) -> None:
    """Wait for the process that worked on a cell, then kill it: two must not write into one folder."""
    process = _left_over(folder / CHILD_FILE)
    if process is None:
        return
    _, alive = psutil.wait_procs([process], timeout=_PATIENCE_S)
    for one in alive:
        with suppress(psutil.NoSuchProcess):  # it has just ended
            one.kill()
    psutil.wait_procs(alive)


def _left_over(file: Path) -> psutil.Process | None:
    try:
        noted = json.loads(file.read_text(encoding="utf-8"))
        process = psutil.Process(noted["pid"])
        return process if abs(process.create_time() - noted["started_s"]) < _SAME_START_S else None
    except (OSError, ValueError, KeyError, TypeError, psutil.Error):
        return None
