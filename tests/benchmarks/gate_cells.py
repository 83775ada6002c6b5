"""`python -m tests.benchmarks.gate_cells FOLDER --cells 600`: collect cells of the real runtime for `gate_rates`.

Each is a cell of `experiment=regression` in a fresh process. They come in threes, in turns: two as they are and one
behind a backend that is 10 % slower, in an order that rotates, so that heat and other programs meet all three alike.
Started again, it goes on where it stopped.
"""

import argparse
import json
import os
import time
from pathlib import Path

import psutil
from rich.console import Console

from foundry_exp import target
from foundry_exp.config import compose
from foundry_exp.config.plan import plan
from foundry_exp.records import run_folder
from foundry_exp.records.config_json import plain
from foundry_exp.run import one_cell
from foundry_exp.run.sweep_counts import SweepCounts

SLOW_FACTOR = 1.07
"""Of the delay. Reading the events on a thread costs 3 % more, so that answers come 10 % later in all."""
KINDS = ("plain", "other", "slow")
_SLOW = "tests.decide.delayed.DelayedNative"


def main() -> None:
    """Collect until the folder has as many finished cells as asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cells", type=int, default=600)
    options = parser.parse_args()
    os.environ[target.ALLOW_VARIABLE] = "tests"
    collect(options.folder, options.cells)


def collect(folder: Path, cells: int) -> None:
    """Measure cells `00000-plain`, `00001-other`, `00002-slow`, … that are not there yet."""
    console = Console(quiet=True)
    config = _config(folder)
    for number in range(cells):
        kind = kind_of(number)
        planned = plan(_slowed(config) if kind == "slow" else config, f"{number:05d}-{kind}", "cells")
        if (planned.folder / run_folder.RESULT_FILE).exists():
            continue
        if planned.folder.exists():  # begun when it was stopped
            planned = plan(plain(planned.config), f"{planned.name}-{time.time_ns()}", "cells")
        began_s = time.monotonic()
        result = one_cell.run(planned, console, SweepCounts([planned.folder], time.time_ns()))
        note = {"cell": planned.name, "status": result.status, "load_1m": psutil.getloadavg()[0]}
        with (folder / "collected.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(note | {"seconds": round(time.monotonic() - began_s, 2)}) + "\n")


def kind_of(number: int) -> str:
    """Which of the three kinds a cell is: the order rotates from one three to the next."""
    group, place = divmod(number, len(KINDS))
    return KINDS[(place + group) % len(KINDS)]


def _config(folder: Path) -> dict[str, object]:
    own = folder / "foundry"
    overrides = [
        "experiment=regression",
        "tracker=none",
        f"output_dir={folder}",
        f"backend.data_dir={own}",
        f"backend.cache_dir={own / 'models'}",
    ]
    return compose.plain(compose.jobs(overrides, multirun=False)[0][0].config)


def _slowed(config: dict[str, object]) -> dict[str, object]:
    native = {key: value for key, value in dict(config["backend"]).items() if key != "cache_only"}  # type: ignore[call-overload]
    return {**config, "backend": {**native, "_target_": _SLOW, "factor": SLOW_FACTOR}}


if __name__ == "__main__":
    main()
