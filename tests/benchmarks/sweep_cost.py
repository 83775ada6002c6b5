"""What a sweep costs beside the models: python -m tests.benchmarks.sweep_cost [--sizes 10 100 1000] [--tracker mlflow].

Overhead of a cell is its share of the command's wall time, less what the scripted backend takes to load and answer.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.conftest import clean_environment, command

MOST_A_CELL_S = 0.6
MOST_A_FINISHED_CELL_S = 0.06
CELLS_OF_TWO = 2


def main() -> None:
    """Print the overhead a cell, and of a resumed sweep the cost of a finished cell, at each size."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 100, 1000])
    parser.add_argument("--tracker", choices=["none", "mlflow"], default="none")
    options = parser.parse_args()
    for size in options.sizes:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            _report(Path(folder), size, options.tracker)


def _report(home: Path, size: int, tracker: str) -> None:
    one_s = _timed(home, "one", 1, tracker)
    all_s = _timed(home, "all", size, tracker)
    again_s = _timed(home, "all", size, tracker)
    cell_s, finished_s = all_s / size, again_s / size
    print(
        f"{size:>5} cells, tracker={tracker}: {all_s:7.1f} s, {cell_s:.3f} s a cell ({cell_s / MOST_A_CELL_S:.2f} of "
        f"the target of {MOST_A_CELL_S} s; a command of one cell: {one_s:.2f} s)"
    )
    print(
        f"      resumed, all finished: {again_s:5.1f} s, {1000 * finished_s:.0f} ms a cell "
        f"({finished_s / MOST_A_FINISHED_CELL_S:.2f} of the target of {1000 * MOST_A_FINISHED_CELL_S:.0f} ms)",
        flush=True,
    )


def _timed(home: Path, name: str, size: int, tracker: str) -> float:
    """Wall time of a sweep whose cells load at once and answer one prompt at once; half of what is swept is a group."""
    swept = [f"generation.seed=range({max(1, size // CELLS_OF_TWO)})", "streaming=on,off"] if size > 1 else []
    arguments = [
        *(["-m"] if swept else []), "backend=scripted", "model=custom", "model.alias=scripted", "prompts.text=Hello",
        "prompts.name=one", "workload.rounds=1", "workload.warmup=0", "backend.realtime=false", "backend.load_ms=0",
        f"tracker={tracker}", f"device_lock.folder={home / 'locks'}", f"sweep.name={name}", "sweep.resume=true", *swept,
    ]  # fmt: skip
    start_s = time.perf_counter()
    done = subprocess.run(
        command(arguments), cwd=home, env=clean_environment(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(done.stderr)
    return time.perf_counter() - start_s


if __name__ == "__main__":
    main()
