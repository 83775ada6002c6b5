"""The memory figure against the operating system's own."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from foundry_exp.runtime.meters import memory

pytestmark = [pytest.mark.skipif(sys.platform != "linux", reason="/proc/<pid>/status is Linux's"), pytest.mark.real]
ALLOCATED_MB = 200
TOLERANCE = 0.01  # 10⁶ bytes taken for 2²⁰ would be 5 % off
DEADLINE_S = 30
# Waits for a line before each step: allocate and fill, then free.
CHILD = f"""
print("ready", flush=True); input()
block = b"x" * {ALLOCATED_MB * 10**6}
print("holding", flush=True); input()
del block
print("freed", flush=True); input()
"""


@pytest.fixture
def child() -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen([sys.executable, "-c", CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    yield process
    process.kill()
    process.communicate()


def reach(process: "subprocess.Popen[str]", word: str) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    if word != "ready":
        process.stdin.write("\n")
        process.stdin.flush()
    assert process.stdout.readline().strip() == word


def from_proc_mb(pid: int, key: str) -> float:
    """VmRSS or VmHWM, which are in KiB, in MB of 10⁶ bytes."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{key}:")) * 1024 / 1e6


def rss_mb(pid: int) -> float:
    reading = memory.read(pid)
    assert reading is not None
    return reading.rss_mb


def test_resident_memory_is_the_systems_and_the_difference_is_what_was_allocated(
    child: "subprocess.Popen[str]",
) -> None:
    reach(child, "ready")
    before_mb = rss_mb(child.pid)
    assert before_mb == pytest.approx(from_proc_mb(child.pid, "VmRSS"), abs=1.0)  # the kernel counts in batches
    reach(child, "holding")
    assert rss_mb(child.pid) == pytest.approx(from_proc_mb(child.pid, "VmRSS"), rel=TOLERANCE)
    assert rss_mb(child.pid) - before_mb == pytest.approx(ALLOCATED_MB, rel=TOLERANCE)


def test_the_peak_is_the_systems_high_water_mark_after_the_memory_is_free_again(child: "subprocess.Popen[str]") -> None:
    reach(child, "ready")
    watch = memory.PeakWatch(child.pid)
    reach(child, "holding")
    watch.start()  # not before: a look at a block half filled would end the wait below
    deadline_s = time.monotonic() + DEADLINE_S
    while watch.peak_mb is None and time.monotonic() < deadline_s:
        time.sleep(0.01)
    reach(child, "freed")
    watch.stop()
    assert watch.peak_mb == pytest.approx(from_proc_mb(child.pid, "VmHWM"), rel=TOLERANCE)
    assert from_proc_mb(child.pid, "VmRSS") < ALLOCATED_MB


def test_a_process_that_is_gone_has_no_memory(child: "subprocess.Popen[str]") -> None:
    child.kill()
    child.wait()
    assert memory.read(child.pid) is None


def test_a_process_that_ended_has_no_memory_rather_than_none_at_all(child: "subprocess.Popen[str]") -> None:
    reach(child, "ready")
    child.kill()
    deadline_s = time.monotonic() + DEADLINE_S
    while psutil.Process(child.pid).status() != psutil.STATUS_ZOMBIE and time.monotonic() < deadline_s:
        time.sleep(0.01)
    assert memory.read(child.pid) is None
