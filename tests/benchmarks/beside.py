"""`python -m tests.benchmarks.beside FOLDER`: CPU-seconds of this checkout beside those of another one, in turn.

What a change costs every user: `--help`, `--cfg job`, the main job, and what one more cell of a sweep takes. User and
system time of a process and of all that it started, as the kernel counts it. Asserts nothing.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from tests.conftest import clean_environment

ROOT = Path(__file__).resolve().parents[2]
_CELL = (
    "backend=scripted", "model=custom", "model.alias=scripted", "workload.rounds=1", "workload.warmup=1",
    "backend.ttft_ms=1", "backend.gap_ms=0", "draw_plots=false", "tracker=none", "-m",
)  # fmt: skip
_CELLS = 6
_ONE, _SIX = "a sweep of one cell", f"a sweep of {_CELLS} cells"
CASES: dict[str, tuple[str, ...]] = {
    "--help": ("--help",),
    "--cfg job": ("--cfg", "job"),
    "the main job": (),
    _ONE: (*_CELL, "generation.seed=1"),
    _SIX: (*_CELL, f"generation.seed={','.join(map(str, range(1, _CELLS + 1)))}"),
}


def cpu_s(checkout: Path, arguments: tuple[str, ...]) -> float:
    """CPU-seconds of one command of a checkout, in an empty folder."""
    before = os.times()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        subprocess.run(
            [sys.executable, "-m", "foundry_exp", *arguments], cwd=folder, check=True, capture_output=True,
            env={**clean_environment(), "PYTHONPATH": str(checkout)},
        )  # fmt: skip
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def main() -> None:
    """Every case of both checkouts once a round, so that a busy moment hits them alike."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("other", type=Path, help="the other checkout")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    sides = {"other": options.other.resolve(), "this": ROOT}
    seen: dict[tuple[str, str], list[float]] = {}
    for number in range(options.rounds + 1):
        for case, arguments in CASES.items():
            for side in sides if number % 2 else reversed(sides):
                taken_s = cpu_s(sides[side], arguments)
                if number:  # the first round compiles, and makes what is made once
                    seen.setdefault((case, side), []).append(taken_s)
    print(f"median CPU-seconds of {options.rounds} rounds: this checkout, the other, this / other")
    for case in CASES:
        _print(case, *(median(seen[case, side]) for side in ("this", "other")))
    one, six = ([median(seen[case, side]) for side in ("this", "other")] for case in (_ONE, _SIX))
    _print("one more cell", *((more - less) / (_CELLS - 1) for more, less in zip(six, one, strict=True)))


def _print(case: str, this_s: float, other_s: float) -> None:
    print(f"  {case:<22} {this_s:7.3f} {other_s:7.3f} {this_s / other_s:6.2f}")


if __name__ == "__main__":
    main()
