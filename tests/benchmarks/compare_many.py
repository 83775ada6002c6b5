"""`python -m tests.benchmarks.compare_many`: time and memory of comparing many run folders. Asserts nothing.

Target: 1000 folders in at most 20 s and 1 GB.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from tests.decide.planted import plant


def main() -> None:
    """Make folders of 10 prompts × 3 rounds, each a candidate, then compare them as a user would."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folders", type=int, default=1000)
    options = parser.parse_args()
    if sys.platform == "win32":
        raise SystemExit("only POSIX says what a process that has ended took")
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.folders):
            plant(Path(folder), name=f"cell-{number:04d}", prompts=10, seed=number, points=3.0)
        began_s = time.monotonic()
        command = [sys.executable, "-m", "foundry_exp", "compare", str(Path(folder) / "sweep"), "--json"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            _, status, used = os.wait4(process.pid, 0)
        took_s = time.monotonic() - began_s
    cpu_s, memory_mb = used.ru_utime + used.ru_stime, used.ru_maxrss / 1e3
    print(f"{options.folders} folders, exit code {status}, at a load of {psutil.getloadavg()[0]:.1f}")
    print(f"{took_s:.1f} s (target 20), of them {cpu_s:.1f} s of CPU; {memory_mb:.0f} MB (target 1000)")


if __name__ == "__main__":
    main()
