"""The command as a terminal starts it: in a process group of its own, so that Ctrl-C can reach all of it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import absent, clean_environment, command


@contextmanager
def started(
    folder: Path, overrides: Sequence[str], environment: Mapping[str, str] | None = None
) -> Iterator["subprocess.Popen[str]"]:
    """Gone when the block ends; `said.txt` has what it printed."""
    with (folder / "said.txt").open("w", encoding="utf-8") as said:
        process = subprocess.Popen(
            command(overrides), cwd=folder, env=clean_environment() | dict(environment or {}), text=True,
            stdout=said, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        try:
            yield process
        finally:
            if process.poll() is None:
                kill(process)
            process.wait()


def interrupt(process: "subprocess.Popen[str]") -> None:
    """Ctrl-C, as a terminal sends it to everything that it started."""
    if sys.platform == "win32":
        absent("a process group that Ctrl-C reaches")
    os.killpg(process.pid, signal.SIGINT)


def kill(process: "subprocess.Popen[str]") -> None:
    """End it and everything that it started."""
    if sys.platform == "win32":
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)
