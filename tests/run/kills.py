"""Kill a sweep at seeded random instants and resume it until it is finished, watching that no record goes."""

import random
import subprocess
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from foundry_exp.records import run_folder, runs
from tests.conftest import clean_environment, command

NAME = "killed"
MOST_RECORDS = 14
"""An attempt begins with three to eight warm-up requests."""
LONGEST_PAUSE_S = 0.8
DEADLINE_S = 900
Key = tuple[str, str, int]
"""Cell, sample id and round."""


@dataclass
class Killed:
    """What a sweep went through."""

    victims: Counter[str] = field(default_factory=Counter)
    """How often the parent and a child were killed."""
    lost: list[bytes] = field(default_factory=list)
    """Records that were on disk at a kill and are not any more."""
    measured: Counter[Key] = field(default_factory=Counter)
    """Every measured request of the finished sweep, and how often it has a record."""
    attempts: int = 0
    """Processes that left a record, all told."""


def kill_and_resume(home: Path, overrides: Sequence[str], *, kills: int, seed: int) -> Killed:
    """Kill the parent or the child so often, then let the sweep end."""
    dice = random.Random(seed)
    seen: set[bytes] = set()
    found = Killed()
    while found.victims.total() < kills:
        process = started(home, overrides)
        victim = _strike(process, home, dice)
        if victim is None:
            break
        found.victims[victim] += 1
        seen |= lines(home)
        found.lost += sorted(seen - lines(home))
    last = started(home, overrides)
    try:
        assert last.wait(DEADLINE_S) == 0
    finally:
        last.kill()
        last.wait()
    found.lost += sorted(seen - lines(home))
    sweep = home / "mlruns" / "runs" / NAME
    for folder in (path.parent for path in sweep.rglob("records.jsonl")):
        found.attempts += len({record.attempt for record in run_folder.read_records(folder)})
    for folder in runs.finished_cells(sweep):
        records = run_folder.read_records(folder)
        found.measured.update((folder.name, one.sample_id, one.round) for one in records if one.phase == "measure")
    return found


def started(home: Path, overrides: Sequence[str]) -> "subprocess.Popen[bytes]":
    """The sweep, begun or resumed by the same command."""
    named = (f"sweep.name={NAME}", "sweep.resume=true", "sweep.retry_failed=true")
    with (home / "log.txt").open("ab") as log:
        return subprocess.Popen(
            command([*overrides, *named]), cwd=home, env=clean_environment(), stdout=log, stderr=subprocess.STDOUT
        )


def _strike(process: "subprocess.Popen[bytes]", home: Path, dice: random.Random) -> str | None:
    """Kill the parent or its child a random while after a random number of records; null when the sweep ended first."""
    wanted = len(lines(home)) + dice.randint(0, MOST_RECORDS)
    while process.poll() is None and len(lines(home)) < wanted:
        time.sleep(0.01)
    time.sleep(dice.uniform(0.0, LONGEST_PAUSE_S))
    if process.poll() is not None:
        return None
    children = psutil.Process(process.pid).children()
    if children and dice.random() < 0.5:
        children[0].kill()
        time.sleep(dice.uniform(0.0, 0.5))  # into what the parent does about it
        process.kill()
        process.wait()
        return "child, then parent"
    process.kill()
    process.wait()
    return "parent"


def lines(home: Path) -> set[bytes]:
    """Every whole record on disk, also of failed cells that were put aside."""
    files = (home / "mlruns" / "runs").rglob("records.jsonl")
    return {line for path in files for line in path.read_bytes().split(b"\n")[:-1]}
