"""Time and memory of `report` over a thousand run folders: python -m tests.benchmarks.report_scale [CELLS].

Targets on two cores: at most 20 s and 1 GB. Linux and macOS only, which tell a child's largest memory.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.run_folders import Cell, make_run_folder

CELLS = 1000
ROUNDS = 10
ANSWER = " ".join(["forty words of an answer, more or less as long as one of these models writes"] * 3)


def _peak_of_children_mb() -> float:
    """Of the largest; nan where the system does not say."""
    if sys.platform == "win32":
        return float("nan")
    import resource

    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def main(arguments: list[str]) -> None:
    """Build the folders, then print what reporting on them took."""
    number = int(arguments[0]) if arguments else CELLS
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        sweep = _build(Path(folder), number)
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "foundry_exp", "report", str(sweep)], check=True, stdout=subprocess.DEVNULL
        )
        took_s = time.perf_counter() - start
        page_mb = (sweep / "report.html").stat().st_size / 1e6
    peak_mb = _peak_of_children_mb()
    print(f"{number} cells: {took_s:.1f} s (target 20), {peak_mb:.0f} MB (target 1000), report.html {page_mb:.1f} MB")


def _build(runs: Path, number: int) -> Path:
    answers = {"retrieval": ANSWER, "privacy": ANSWER}
    folders = [
        make_run_folder(runs, Cell(model=f"model-{place:04}", ttft_ms=20 + place % 97, rounds=ROUNDS, answers=answers))
        for place in range(number)
    ]
    return folders[0].parent


if __name__ == "__main__":
    main(sys.argv[1:])
