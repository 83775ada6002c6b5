"""Several commands that share one sweep: each measures its own cells, and none meets another at one."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundry_exp.config import compose
from foundry_exp.config.cells import plan_all
from foundry_exp.errors import ConfigError
from foundry_exp.measure.cell import Cell
from foundry_exp.records import sweep_plan
from foundry_exp.run import sweep_folder
from tests.conftest import Run, absent, clean_environment
from tests.run.test_naming import GRID, QUICK

README = Path(__file__).parents[2] / "README.md"
NIGHT = ("sweep.name=night", "sweep.resume=true")


def cells(runs: Path) -> list[Cell]:
    every_job, _ = compose.jobs([*QUICK, *NIGHT, "generation.seed=1,2,3", f"output_dir={runs}"], multirun=True)
    return plan_all(every_job)


def of_shard(planned: Sequence[Cell], of: str) -> list[Cell]:
    return [replace(cell, config=replace(cell.config, sweep=replace(cell.config.sweep, shard=of))) for cell in planned]


def hold(stack: ExitStack, planned: Sequence[Cell]) -> list[str]:
    """As the command does while it measures; the cells that it would measure."""
    return [cell.name for cell in stack.enter_context(sweep_folder.opened(planned, "as planned.", ["-m"]))]


@given(st.lists(st.integers(), max_size=30), st.integers(1, 40))
def test_every_cell_is_in_one_shard(items: list[int], of: int) -> None:
    parts = [sweep_folder.part(items, f"{number}/{of}") for number in range(1, of + 1)]
    assert sorted(item for part in parts for item in part) == sorted(items)
    assert sweep_folder.part(items, None) == items


@pytest.mark.slow
def test_shards_of_one_division_run_side_by_side_and_nothing_else_does(tmp_path: Path) -> None:
    whole = cells(tmp_path)
    first, second, thirds = (of_shard(whole, of) for of in ("1/2", "2/2", "3/3"))
    with ExitStack() as stack:
        assert hold(stack, first) == ["seed-1", "seed-3"]
        assert hold(stack, second) == ["seed-2"]
        for other in (whole, thirds, first):
            with pytest.raises(ConfigError, match=r"night is running, held by .* process"), ExitStack() as refused:
                hold(refused, other)
        plan = sweep_plan.read(tmp_path / "runs" / "night")
        assert plan is not None
        assert [cell.name for cell in plan.cells] == ["seed-1", "seed-2", "seed-3"]
        counts = [sweep_folder.counts(first[0].folder.parent, of).now().planned for of in ("1/2", "2/2")]
        assert counts == [2, 1]
    with ExitStack() as stack:
        assert hold(stack, whole) == ["seed-1", "seed-2", "seed-3"]


def _in_shard(planned: Sequence[Cell]) -> list[Cell]:
    return sweep_folder.in_shard(planned, planned[0].config.sweep)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (("sweep.shard=1/2",), "add its sweep.name=… and sweep.resume=true"),
        (("sweep.shard=1/2", "sweep.name=night"), "add its sweep.name=… and sweep.resume=true"),
        ((*NIGHT, "sweep.shard=3/3"), "got 3/3 of 2 cells; use 1/N to N/N, with N at most 2"),
        ((*NIGHT, "sweep.shard=2/1"), "got 2/1 of 2 cells"),
        ((*NIGHT, "sweep.shard=2"), "must be a part and of how many, as in 2/5"),
    ],
)
def test_what_is_no_shard_of_the_sweep_is_refused(overrides: tuple[str, ...], said: str) -> None:
    every_job, _ = compose.jobs([*QUICK, "generation.seed=1,2", *overrides], multirun=True)
    with pytest.raises(ConfigError, match=said):
        _in_shard(plan_all(every_job))


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """The README's, where `sbatch` has one node left, which takes the last cell; it keeps what it was told."""
    if not README.exists() or os.name != "posix":
        absent("the README lies in a checkout, and bash runs its script")
    (text,) = re.findall(r"```sh\n(#!/bin/bash\n#SBATCH .*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL)
    (tmp_path / "cells.sbatch").write_text(text, encoding="utf-8")
    program(tmp_path / "bin" / "python", f'exec {shlex.quote(sys.executable)} "$@"')
    program(
        tmp_path / "bin" / "sbatch",
        'echo "$1" > asked\nof=${1#--array=1-}\nshift\n'
        'exec env SLURM_ARRAY_TASK_ID=$of SLURM_ARRAY_TASK_COUNT=$of bash "$@"',
    )
    return tmp_path / "cells.sbatch"


def program(path: Path, lines: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/bash\n{lines}\n", encoding="utf-8")
    path.chmod(0o755)


def submit(script: Path, *overrides: str) -> "subprocess.CompletedProcess[str]":
    path = f"{script.parent / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", script.name, *GRID, *overrides], cwd=script.parent, env={**clean_environment(), "PATH": path},
        capture_output=True, text=True, encoding="utf-8", check=False, timeout=240,
    )  # fmt: skip


@pytest.mark.real
def test_an_array_job_measures_a_cell_a_node_and_what_is_left_is_a_row(script: Path, run: Run) -> None:
    done = submit(script, "sweep.name=night")
    assert done.returncode == 0, done.stderr
    assert (script.parent / "asked").read_text(encoding="utf-8") == "--array=1-2\n"
    assert " ok " in done.stdout
    sweep = script.parent / "mlruns" / "runs" / "night"
    assert [path.parent.name for path in sweep.glob("*/run.json")] == ["seed-2"]
    assert not (sweep / "report.html").exists(), "several shards would draw it at once"
    told = run("report", "night")
    assert told.returncode == 0, told.stderr
    report = (sweep / "report.md").read_text(encoding="utf-8")
    assert "| seed-1 | not begun |" in report
    assert "sweep.shard" not in told.stdout + told.stderr + report, "who goes on with it goes on with all of it"


@pytest.mark.real
def test_an_array_job_with_a_cell_that_cannot_be_is_not_submitted(script: Path) -> None:
    done = submit(script, "sweep.name=night", "prompts=workshop,workhsop")
    assert done.returncode == 2
    assert "did you mean workshop" in done.stderr
    assert not (script.parent / "asked").exists()
