"""`python -m tests.benchmarks.fuzz`: broken files by the hundred thousand through every reader of outside input.

Target: 100 000 inputs a reader, no crash and no hang: each is read, or refused in a sentence. Inputs are
valid files with a few changes and, one in ten, bytes without sense; `--seed` gives the same ones again. Prints a line a
reader and every finding once; exits 1 when there is one.
"""

import argparse
import faulthandler
import sys
import tempfile
import time
from contextlib import redirect_stdout
from pathlib import Path
from random import Random

from tests.faults.fuzzing import finding
from tests.faults.mutations import mutated
from tests.faults.readers import Reader, readers

_STUCK_S = 120.0
"""Of one input, when not even its limit ends it: native code hangs."""


def fuzz(reader: Reader, inputs: int, seed: int, keep: Path | None) -> int:
    """Print how one reader fared; the number of different findings."""
    found: dict[str, bytes] = {}
    slowest_s = 0.0
    begin_s = time.perf_counter()
    for number in range(inputs):
        content = mutated(reader.valid, Random(f"{seed} {reader.name} {number}"))
        faulthandler.dump_traceback_later(_STUCK_S, exit=True)
        start_s = time.perf_counter()
        wrong = finding(reader, content)
        slowest_s = max(slowest_s, time.perf_counter() - start_s)
        if wrong:
            found.setdefault(wrong, content)
    faulthandler.cancel_dump_traceback_later()
    rate = inputs / (time.perf_counter() - begin_s)
    print(f"{reader.name:<16}{inputs:>9}{rate:>9.0f}{1000 * slowest_s:>11.1f}{len(found):>10}", flush=True)
    for number, (wrong, content) in enumerate(found.items()):
        print(f"    {wrong}\n        {content[:200]!r}", flush=True)
        if keep:
            (keep / f"{reader.name.replace(' ', '-')}-{number}").write_bytes(content)
    return len(found)


def main() -> int:
    """Fuzz every reader, or those named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="readers; all of them when none is named")
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="a folder for the inputs behind findings")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        with redirect_stdout(sys.stderr):  # making the annotation files says so
            known = readers(Path(name))
        print("reader             inputs  inputs/s  slowest ms  findings   target: 0")
        chosen = [reader for reader in known if not options.names or reader.name in options.names]
        return 1 if sum(fuzz(reader, options.inputs, options.seed, options.keep) for reader in chosen) else 0


if __name__ == "__main__":
    sys.exit(main())
