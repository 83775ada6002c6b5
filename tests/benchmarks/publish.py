"""Time per published cell, on a fresh store: python -m tests.benchmarks.publish."""

import sys
import tempfile
import time
from pathlib import Path

from foundry_exp.results.cell import read
from foundry_exp.tracking.mlflow_store import MlflowTracker
from tests.run_folders import make_run_folder

SIZES = (10, 100, 1000)
TARGET_MS = 300


def main() -> None:
    """Print a line for each number of runs; the first publication also imports MLflow and makes the store."""
    print(f"target: at most {TARGET_MS} ms a cell, the last ten of a thousand as well")
    for size in SIZES:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            times = _publish(Path(folder), size)
        rest = sorted(times[1:]) or times
        print(
            f"{size:>4} runs: first {times[0]:.2f} s, then median {1000 * rest[len(rest) // 2]:.0f} ms a cell", end=""
        )
        print(f", last ten {1000 * sum(times[-10:]) / len(times[-10:]):.0f} ms", file=sys.stdout, flush=True)


def _publish(output_dir: Path, size: int) -> list[float]:
    tracker = MlflowTracker(None, "foundry_exp", str(output_dir))
    folders = [make_run_folder(output_dir / "runs", model=f"model-{number}") for number in range(size)]
    times = []
    for folder in folders:
        start = time.perf_counter()
        tracker.publish(read(folder))
        times.append(time.perf_counter() - start)
    return times


if __name__ == "__main__":
    main()
