"""What a sweep costs beside the models: python -m tests.benchmarks.sweep_cost [--sizes 10 100 1000] [--tracker mlflow].

Overhead of a cell is its share of the command's wall time, less what the scripted backend takes to load and answer.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.conftest import clean_environment, command

MOST_A_CELL_S = 0.6
MOST_A_FINISHED_CELL_S = 0.06
OPTIONS = 2


def main() -> None:
    """Print the overhead a cell, and of a resumed sweep the cost of a finished cell, at each size."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 100, 1000])
    parser.add_argument("--tracker", choices=["none", "mlflow"], default="none")
    options = parser.parse_args()
    start = _costs(OPTIONS, options.tracker)
    for size in options.sizes:
        costs, import_s = _costs(size, options.tracker), _import_s()
        _report(start, costs, size, options.tracker, import_s)


def _costs(size: int, tracker: str) -> tuple[float, float, float, float]:
    """Wall and CPU time of a new sweep, then of the same one resumed when all of it is finished."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        return (*_timed(Path(folder), size, tracker), *_timed(Path(folder), size, tracker))


def _import_s() -> float:
    """What `import hydra` takes now: a machine that others slow down shows in it as in the rest."""
    taken_s = []
    for _ in range(5):
        start_s = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import hydra"], env=clean_environment(), check=True)
        taken_s.append(time.perf_counter() - start_s)
    return statistics.median(taken_s)


def _report(start: tuple[float, ...], costs: tuple[float, ...], size: int, tracker: str, import_s: float) -> None:
    """Of each cell beyond the first two, which bear the start of the command."""
    cell_s, cpu_s, finished_s, finished_cpu_s = (
        (all_s - start_s) / (size - OPTIONS) for all_s, start_s in zip(costs, start, strict=True)
    )
    print(
        f"{size:>5} cells, tracker={tracker}: {cell_s:.3f} s a cell, {cell_s / MOST_A_CELL_S:.2f} of the target of "
        f"{MOST_A_CELL_S} s, {cell_s / import_s:.1f} × import hydra ({import_s:.2f} s; {cpu_s:.3f} s of a cell is CPU)"
    )
    print(
        f"      resumed, all finished: {1000 * finished_s:.0f} ms a cell, {finished_s / MOST_A_FINISHED_CELL_S:.2f} of "
        f"the target of {1000 * MOST_A_FINISHED_CELL_S:.0f} ms ({1000 * finished_cpu_s:.0f} ms of it CPU)",
        flush=True,
    )


def _timed(home: Path, size: int, tracker: str) -> tuple[float, float]:
    """Wall and CPU time of a sweep, resumed if it was begun before."""
    arguments = [
        "-m", f"tracker={tracker}", f"device_lock.folder={home / 'locks'}", "sweep.name=night", "sweep.resume=true",
        *sweep_overrides(size),
    ]  # fmt: skip
    start_s, cpu_s = time.perf_counter(), _cpu_of_children_s()
    done = subprocess.run(
        command(arguments), cwd=home, env=clean_environment(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(done.stderr)
    return time.perf_counter() - start_s, _cpu_of_children_s() - cpu_s


def sweep_overrides(size: int) -> list[str]:
    """A sweep whose cells load at once and answer one prompt at once; a value and a group vary."""
    return [
        "backend=scripted", "model=custom", "model.alias=scripted", "prompts.text=Hello", "prompts.name=one",
        "workload.rounds=1", "workload.warmup=0", "backend.realtime=false", "backend.load_ms=0",
        f"generation.seed=range({size // OPTIONS})", "streaming=on,off",
    ]  # fmt: skip


def _cpu_of_children_s() -> float:
    """User and system time of every process that was waited for; theirs are included."""
    times = os.times()
    return times.children_user + times.children_system


if __name__ == "__main__":
    main()
