"""Kill a sweep of demonstration models twenty times and resume it: python -m tests.benchmarks.kills [--kills N]."""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.conftest import native
from tests.run.kills import kill_and_resume

ROUNDS = 12
PROMPTS = 4


def main() -> int:
    """Print what was killed, and the records lost, missing or made twice: 0 of each, or the exit code is 1."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        overrides = (
            "-m", "model=demo-small,demo-large", "streaming=on,off", "accel=cpu", "tracker=none",
            f"workload.rounds={ROUNDS}", *native(home),
        )  # fmt: skip
        found = kill_and_resume(home, overrides, kills=options.kills, seed=options.seed)
    wanted = 4 * ROUNDS * PROMPTS
    twice = sum(count > 1 for count in found.measured.values())
    print(f"killed: {dict(found.victims)}; {found.attempts} processes left records")
    print(f"requests measured {len(found.measured)} of {wanted}")
    print(f"records lost {len(found.lost)}, made twice {twice}   (target 0 and 0)")
    return int(bool(found.lost or twice) or len(found.measured) != wanted)


if __name__ == "__main__":
    sys.exit(main())
