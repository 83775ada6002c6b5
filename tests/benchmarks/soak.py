"""`python -m tests.benchmarks.soak`: memory and open files of parent and child over many requests. Asserts nothing.

Target: flat. Two cells through the real command line, read from outside every 500 requests: scripted ones
that take no time (the tool's own share), and a demonstration model natively (the SDK's with it). The slope is a line
fitted to the readings after the first quarter. What a record costs on disk is measured beside it, with and without
handing it to the disk (fsync). POSIX only: Windows counts other handles.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import numpy as np
import psutil

from foundry_exp.records import record_log
from tests.conftest import clean_environment, command, native
from tests.record_factory import make_record

_POLL_S = 0.05
_PROMPTS = 4
_WRITES = 300
_ANSWER = " ".join(["word"] * 32)
_COMMON = ("tracker=none", "prompts=workshop", "workload.warmup=0")
_SCRIPTED = ("backend=scripted", f"backend.answer='{_ANSWER}'", "backend.realtime=false", "model=custom",
             "model.alias=scripted")  # fmt: skip
_NATIVE = ("model=demo-small", "generation.max_tokens=4")


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at both processes."""

    requests: int
    time_s: float
    rss_mb: tuple[float, float]
    handles: tuple[int, int]


def soak(overrides: tuple[str, ...], requests: int, every: int) -> None:
    """Run one cell, print a reading each so many requests, and the slopes."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        rounds = f"workload.rounds={requests // _PROMPTS}"
        with (folder / "said").open("wb") as said:
            asked = command([*_COMMON, *overrides, rounds, *([] if overrides is _SCRIPTED else native(folder))])
            start_s = time.monotonic()
            parent = subprocess.Popen(asked, cwd=folder, env=clean_environment(), stdout=said, stderr=said)
            readings = _follow(parent, folder, every)
            left_s = time.monotonic()
            code = parent.wait()
        if code:
            raise SystemExit(f"ended with {code}: {(folder / 'said').read_text()}")
        after_s = time.monotonic() - left_s
    _print(readings, after_s, left_s - start_s)


def _follow(parent: "subprocess.Popen[bytes]", folder: Path, every: int) -> list[Reading]:
    readings: list[Reading] = []
    watched = psutil.Process(parent.pid)
    done, at = 0, 0
    while parent.poll() is None:
        time.sleep(_POLL_S)
        records = next(folder.glob(f"mlruns/runs/*/*/{record_log.RECORDS_FILE}"), None)
        children = watched.children()
        if records is None or not children:
            if readings:
                break
            continue
        with records.open("rb") as file:
            file.seek(at)
            new = file.read()
        done, at = done + new.count(b"\n"), at + len(new)
        if done >= every * (len(readings) + 1):
            reading = _read(done, watched, children[0])
            if min(reading.rss_mb) > 0:  # a process that has just ended has no memory, which is no slope
                readings.append(reading)
    return readings


def _handles(process: psutil.Process) -> int:
    if sys.platform == "win32":
        return process.num_handles()
    return process.num_fds()


def _read(done: int, *processes: psutil.Process) -> Reading:
    rss_mb = [process.memory_info().rss / 1e6 for process in processes]
    handles = [_handles(process) for process in processes]
    return Reading(done, time.monotonic(), (rss_mb[0], rss_mb[1]), (handles[0], handles[1]))


def _print(readings: list[Reading], after_s: float, measuring_s: float) -> None:
    print(" requests   parent MB   child MB   parent, child handles   requests/s")
    for before, now in zip([None, *readings], readings, strict=False):
        rate = (now.requests - before.requests) / (now.time_s - before.time_s) if before else float("nan")
        print(f"{now.requests:>9}{now.rss_mb[0]:>12.1f}{now.rss_mb[1]:>11.1f}", end="")
        print(f"{now.handles[0]:>17},{now.handles[1]:>6}{rate:>13.0f}")
    late = readings[len(readings) // 4 :]
    for at, name in enumerate(("parent", "child")):
        slope = np.polyfit([one.requests / 1000 for one in late], [one.rss_mb[at] for one in late], 1)[0]
        print(f"{name}: {slope * 1000:+.0f} kB in 1000 requests   target: flat")
    print(f"measuring took {measuring_s:.1f} s, what follows it {after_s:.1f} s, load {psutil.getloadavg()[0]:.2f}\n")


def keeping_ms(sync: bool) -> float:
    """Milliseconds that keeping one record takes."""
    with tempfile.TemporaryDirectory() as folder, nullcontext() if sync else patch("os.fsync"):
        log = record_log.RecordLog(Path(folder))
        start_s = time.perf_counter()
        for _ in range(_WRITES):
            log.append(make_record())
        return 1000 * (time.perf_counter() - start_s) / _WRITES


def main() -> None:
    """Print both cells, and what keeping a record costs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--native-requests", type=int, default=2_000)
    parser.add_argument("--every", type=int, default=500)
    options = parser.parse_args()
    print(f"keeping a record: {keeping_ms(True):.2f} ms, of which fsync all but {keeping_ms(False):.2f} ms")
    print(f"\n{options.requests} scripted requests of 32 tokens")
    soak(_SCRIPTED, options.requests, options.every)
    print(f"{options.native_requests} native requests of 4 tokens, demo-small")
    soak(_NATIVE, options.native_requests, options.every)


if __name__ == "__main__":
    main()
