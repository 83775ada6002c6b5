"""What is drawn of a download: the numbers by the steps, one line on a terminal, and nothing for a file."""

import os
import re
import struct
import subprocess
import sys

import pytest

from foundry_exp.runtime.models.progress_bar import Amount
from tests.conftest import absent, clean_environment, command
from tests.runtime.models.conftest import MIB, Tool

COLUMNS = 80


class Ticks:
    """A clock that is told the time."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def after(*seen: tuple[float, float, int], size_mb: float | None = 5154.0) -> Amount:
    """An amount that was told (seconds, percent, written bytes)."""
    clock = Ticks()
    amount = Amount(clock)
    amount.take({"step": "resolved", "size_mb": size_mb})
    for clock.now_s, percent, written in seen:
        amount.take({"step": "downloading", "percent": percent, "written_bytes": written})
    return amount


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        ([(0, 0, 0)], "0.00 of 5.15 GB"),
        ([(0, 0, 0), (0.5, 1, 0)], "0.05 of 5.15 GB"),
        ([(0, 0, 0), (10, 10, 0)], "0.52 of 5.15 GB, 51.5 MB/s, 1 min 30 s left"),
        ([(0, 0, 0), (10, 0, 2_000_000)], "0.00 of 5.15 GB, 0.2 MB/s, 7 h 9 min left"),
        ([(0, 50, 0), (10, 50, 0)], "2.58 of 5.15 GB"),
        ([(0, 10, 0), (30, 20, 0), (40, 40, 0)], "2.06 of 5.15 GB, 103.1 MB/s, 30 s left"),
        ([(0, 0, 0), (10, 100, 9 * 10**9)], "5.15 of 5.15 GB, 515.4 MB/s, 0 s left"),
    ],
)
def test_an_amount_has_a_rate_over_the_last_seconds_and_a_remaining_time(
    seen: list[tuple[float, float, int]], said: str
) -> None:
    assert str(after(*seen)) == said


def test_without_a_stated_size_what_was_written_is_all_that_is_known() -> None:
    assert str(after((0, 0, 0), (2, 30, 8_000_000), size_mb=None)) == "8.0 MB, 4.0 MB/s"


def test_the_log_of_the_runtime_is_no_download() -> None:
    assert after((0, 0, 40_000)).done_bytes == 0


def test_a_new_try_counts_anew() -> None:
    amount = after((0, 0, 0), (10, 50, 0))
    amount.take({"step": "resolved", "size_mb": 5154.0})
    assert str(amount) == "0.00 of 5.15 GB"


@pytest.mark.real
@pytest.mark.skipif(os.name != "posix", reason="Windows has no pseudo-terminal")
def test_on_a_terminal_there_is_one_live_line_with_rate_and_remaining_time(heavy: Tool) -> None:
    heavy.catalogue.slow_after_bytes = 2 * MIB
    drawn = _drawn_by_a_pull(heavy)
    frames = [frame for frame in re.split(r"[\r\n]+", drawn) if frame.strip()]
    assert any("asking the catalogue" in frame for frame in frames)
    assert any(re.search(r"heavy-generic-cpu:1 .* of 26\.2 MB, [\d.]+ MB/s, \d+ s left", frame) for frame in frames)
    live = [frame for frame in frames if "━" in frame]
    assert len(live) > 2
    assert all(len(frame.rstrip()) <= COLUMNS for frame in live)
    assert drawn.count("\n") < len(live), "it is drawn in place"
    assert frames[-1].startswith("heavy-generic-cpu:1: downloaded in"), "the live line is gone at the end"


@pytest.mark.real
def test_without_a_terminal_nothing_is_drawn(tool: Tool) -> None:
    done = tool.run("models", "pull", "small", "accel=cpu")
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == 1


def _drawn_by_a_pull(tool: Tool) -> str:
    """What `models pull heavy` sends to a terminal of 80 columns, without colours and cursor movements."""
    if sys.platform == "win32":
        absent("a pseudo terminal")
    import fcntl
    import pty
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, COLUMNS, 0, 0))
    environment = {**clean_environment(), **tool.catalogue.environment(), "TERM": "xterm-256color"}
    arguments = command(["models", "pull", "heavy", *tool.settings])
    with subprocess.Popen(arguments, cwd=tool.folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs):
        os.close(theirs)
        drawn = b""
        try:
            while piece := os.read(ours, 65536):
                drawn += piece
                if b" left" in drawn:
                    tool.catalogue.slow_after_bytes = None
        except OSError:  # Linux's way of saying that the other side is closed
            pass
        os.close(ours)
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", drawn.decode())
