"""What the machine that drives a fleet needs: memory for each service that is measured at once.

    python -m tests.benchmarks.driver_memory [--jobs 2 6]

Cells of a timed server under Hydra's joblib launcher, with MLflow; the most memory (PSS) that all processes of the
command took together, looked at every half second. From two numbers of jobs follow the command's own share and that of
a job, and from these what a hundred would take.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil

from tests.conftest import clean_environment, command
from tests.timed_server.service import Behaviour, Service, timed_server

_LOOK_S = 0.5


def peak_mb(jobs: int, base_url: str, folder: Path) -> float:
    """The most that a sweep of as many cells as jobs took."""
    asked = (
        "-m", "hydra/launcher=joblib", f"hydra.launcher.n_jobs={jobs}", "backend=endpoint", "model=custom",
        f"backend.base_url={base_url}", "model.alias=m", f"generation.seed=range({jobs})", "workload.rounds=30",
        "device_lock.device=laptop-${generation.seed}", f"device_lock.folder={folder / 'locks'}",
        f"output_dir={folder / str(jobs)}",
    )  # fmt: skip
    most = 0.0
    with subprocess.Popen(
        command(asked), env=clean_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as sweep:
        while True:
            try:
                code = sweep.wait(_LOOK_S)
            except subprocess.TimeoutExpired:
                most = max(most, _taken_mb(sweep.pid))
            else:
                assert code == 0, f"the sweep of {jobs} ended with {code}"
                return most


def _taken_mb(pid: int) -> float:
    total = 0.0
    try:
        for process in (top := psutil.Process(pid), *top.children(recursive=True)):
            total += _pss_mb(process)
    except psutil.Error:
        pass
    return total


def _pss_mb(process: psutil.Process) -> float:
    """Of one that has ended meanwhile, nothing."""
    if sys.platform != "linux":
        return 0.0
    try:
        return float(process.memory_full_info().pss) / 1e6
    except psutil.Error:
        return 0.0


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", type=int, nargs=2, default=[2, 6])
    few, many = parser.parse_args().jobs
    with (
        tempfile.TemporaryDirectory() as folder,
        timed_server(Service({"m": Behaviour(ttft_ms=50, gap_ms=5)})) as server,
    ):
        found = {jobs: peak_mb(jobs, server.base_url, Path(folder)) for jobs in (few, many)}
    each = (found[many] - found[few]) / (many - few)
    own = found[few] - few * each
    print(*(f"{jobs} at once: {taken:.0f} MB" for jobs, taken in found.items()), sep="\n")
    print(f"the command itself: {own:.0f} MB; each cell under way: {each:.0f} MB")
    print(*(f"{jobs} at once would take {(own + jobs * each) / 1e3:.1f} GB" for jobs in (10, 100)), sep="\n")


if __name__ == "__main__":
    main()
