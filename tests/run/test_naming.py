"""A sweep's name is its folder: safe, taken once, and resumed by the same command."""

import json
from pathlib import Path

import pytest

from foundry_exp.config import compose
from foundry_exp.config.cells import plan_all
from foundry_exp.errors import ConfigError
from foundry_exp.records import runs
from foundry_exp.records.sweep_plan import Plan, PlannedCell, write
from foundry_exp.run import resume
from tests.conftest import SCRIPTED, Run

QUICK = (*SCRIPTED, "workload.rounds=1", "workload.warmup=0", "backend.realtime=false")
GRID = ("-m", *QUICK, "generation.seed=1,2")


def planned(*overrides: str, multirun: bool = False) -> list[str]:
    every_job, _ = compose.jobs([*QUICK, *overrides], multirun=multirun)
    return [cell.name for cell in plan_all(every_job)]


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    ["..", ".hidden", "a/b", "a\\\\b", "a=b", "con", "NUL.txt", "com1", "last", "ends.", "-x", "a b", "ä", "x" * 81],
)
def test_a_name_that_is_no_safe_folder_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="a folder's name that every system takes"):
        planned(f"sweep.name='{name}'")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["night", "2026-11-22", "v1.2_b", "console", "x" * 80, "7"])
def test_a_plain_name_is_taken(name: str) -> None:
    assert planned(f"sweep.name={name}") == ["custom"]


@pytest.mark.slow
def test_cells_that_differ_in_case_alone_have_folders_of_their_own_on_every_system() -> None:
    assert planned("prompts.name=A,a", multirun=True) == ["000-name-A", "001-name-a"]


def test_one_broken_sweep_hides_no_other_that_could_be_resumed(tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "sweep.json").write_text("{", encoding="utf-8")
    (tmp_path / "night").mkdir()
    begun = PlannedCell("cell", 1, "abc", ())
    write(tmp_path / "night", Plan("night", "2026-11-29T12:00:00+00:00", "", (), (begun,), ("cell",)))
    with pytest.raises(ConfigError) as caught:
        resume.refuse_nameless(tmp_path)
    assert "broken/sweep.json: not the plan of a sweep" in str(caught.value)
    assert "sweep.name=night sweep.resume=true" in str(caught.value)


@pytest.mark.real
def test_a_taken_name_is_exit_2_and_says_both_ways_out(run: Run, tmp_path: Path) -> None:
    assert run(*GRID, "sweep.name=night").returncode == 0
    done = run(*GRID, "sweep.name=night")
    assert done.returncode == 2
    for words in ("mlruns/runs/night exists", "2 of 2 cells done", "sweep.resume=true", "another name"):
        assert words in done.stderr


@pytest.mark.real
def test_resuming_without_a_name_lists_what_is_unfinished_with_its_command(run: Run, tmp_path: Path) -> None:
    assert run(*GRID, "sweep.name=whole").returncode == 0
    assert run(*GRID, "sweep.name=night").returncode == 0
    (tmp_path / "mlruns" / "runs" / "night" / "seed-2" / "run.json").unlink()
    done = run("sweep.resume=true")
    assert done.returncode == 2
    assert "night: 1 of 2 cells done" in done.stderr
    assert "whole" not in done.stderr
    command = done.stderr.splitlines()[-1].split()
    assert command[:3] == ["python", "-m", "foundry_exp"]
    assert run(*command[3:]).returncode == 0
    assert (tmp_path / "mlruns" / "runs" / "night" / "seed-2" / "run.json").exists()


@pytest.mark.real
def test_resuming_a_new_name_starts_it(run: Run, tmp_path: Path) -> None:
    assert run(*GRID, "sweep.name=new", "sweep.resume=true").returncode == 0
    assert len(runs.finished_cells(tmp_path / "mlruns" / "runs" / "new")) == 2


@pytest.mark.real
def test_the_plan_is_written_before_anything_starts(run: Run, tmp_path: Path) -> None:
    run(*GRID, "sweep.name=night", "sweep.repeats=2")
    plan = json.loads((tmp_path / "mlruns" / "runs" / "night" / "sweep.json").read_text(encoding="utf-8"))
    assert [cell["name"] for cell in plan["cells"]] == ["seed-1-r1", "seed-2-r1", "seed-1-r2", "seed-2-r2"]
    assert "A B A B" in plan["order"]
    assert all(cell["fingerprint"] and cell["overrides"] for cell in plan["cells"])


@pytest.mark.real
def test_settings_that_changed_are_refused_by_name(run: Run, tmp_path: Path) -> None:
    run(*GRID, "sweep.name=night")
    done = run(*GRID, "sweep.name=night", "sweep.resume=true", "generation.max_tokens=7")
    assert done.returncode == 2
    assert "generation.max_tokens: 150 → 7" in done.stderr
    same = run(*GRID, "sweep.name=night", "sweep.resume=true", "max_error_rate=0.5")
    assert same.returncode == 0, "a setting that no timing depends on may change"


@pytest.mark.real
def test_a_grid_that_grew_measures_what_is_new(run: Run, tmp_path: Path) -> None:
    run(*GRID, "sweep.name=night")
    folder = tmp_path / "mlruns" / "runs" / "night"
    before = (folder / "seed-1" / "run.json").read_bytes()
    done = run("-m", *QUICK, "generation.seed=1,2,3", "sweep.name=night", "sweep.resume=true")
    assert done.returncode == 0
    assert len(runs.finished_cells(folder)) == 3
    assert (folder / "seed-1" / "run.json").read_bytes() == before
