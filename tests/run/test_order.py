"""The order of cells: repeats interleave, shuffling is seeded, and a list of combinations is just that list."""

import json
from pathlib import Path

import pytest

from foundry_exp.config import compose
from foundry_exp.config.cells import plan_all, rule_of_order
from foundry_exp.records import run_folder, runs
from tests.conftest import SCRIPTED, Run
from tests.run.test_naming import GRID, QUICK


def names(*overrides: str) -> list[str]:
    every_job, _ = compose.jobs([*QUICK, *overrides], multirun=True)
    return [cell.name for cell in plan_all(every_job)]


@pytest.mark.slow
def test_repeats_interleave() -> None:
    assert names("generation.seed=1,2", "sweep.repeats=2") == ["seed-1-r1", "seed-2-r1", "seed-1-r2", "seed-2-r2"]


@pytest.mark.slow
def test_shuffling_is_seeded_and_stays_within_a_repeat() -> None:
    shuffled = ("generation.seed=range(6)", "sweep.repeats=3", "sweep.order=shuffled", "sweep.seed=4")
    first = names(*shuffled)
    assert first == names(*shuffled)
    assert first != names(*shuffled[:-1], "sweep.seed=5")
    turns = [first[at : at + 6] for at in (0, 6, 12)]
    assert [{name.rpartition("-")[2] for name in turn} for turn in turns] == [{"r1"}, {"r2"}, {"r3"}]
    orders = [[name.rpartition("-")[0] for name in turn] for turn in turns]
    assert orders[0] != orders[1], "each repeat is to be shuffled anew"
    assert all(sorted(order) == sorted(orders[0]) for order in orders)


@pytest.mark.parametrize(
    ("repeats", "order", "said"), [(1, "planned", "as planned."), (3, "shuffled", "3 times every cell in turn")]
)
def test_the_rule_is_said(repeats: int, order: str, said: str) -> None:
    asked = [f"sweep.repeats={repeats}", f"sweep.order={order}"]
    assert said in rule_of_order(plan_all(compose.jobs(asked, multirun=False)[0])[0].config.sweep)


@pytest.mark.real
def test_a_repeat_is_a_run_of_its_own_with_the_same_fingerprint(run: Run, tmp_path: Path) -> None:
    assert run(*GRID, "sweep.name=night", "sweep.repeats=2").returncode == 0
    cells = runs.finished_cells(tmp_path / "mlruns" / "runs" / "night")
    results = {folder.name: run_folder.read_result(folder) for folder in cells}
    assert {name: result.repeat for name, result in results.items()} == {
        "seed-1-r1": 1, "seed-1-r2": 2, "seed-2-r1": 1, "seed-2-r2": 2,
    }  # fmt: skip
    assert results["seed-1-r1"].fingerprint == results["seed-1-r2"].fingerprint
    assert results["seed-1-r1"].fingerprint != results["seed-2-r1"].fingerprint
    started = sorted(results, key=lambda name: (cells[0].parent / name / "records.jsonl").stat().st_mtime_ns)
    assert started == ["seed-1-r1", "seed-2-r1", "seed-1-r2", "seed-2-r2"], "they did not run in turn"


@pytest.mark.real
def test_a_list_of_combinations_is_run_as_it_is(run: Run, tmp_path: Path) -> None:
    recipe = tmp_path / "conf" / "experiment" / "three.yaml"
    recipe.parent.mkdir(parents=True)
    recipe.write_text(
        "# @package _global_\nhydra: {mode: MULTIRUN}\nsweep:\n  combinations:\n"
        "    - generation.seed=1 streaming=on\n    - generation.seed=2 streaming=off\n"
        '    - generation.seed=3 prompts.text="one two" prompts.name=mine\n',
        encoding="utf-8",
    )
    done = run(*SCRIPTED, "experiment=three", "workload.rounds=1", "workload.warmup=0")
    assert done.returncode == 0, done.stderr
    folder = next((tmp_path / "mlruns" / "runs").iterdir())
    chosen = [json.loads((path / "run.json").read_bytes()) for path in runs.finished_cells(folder)]
    assert sorted((one["generation"]["seed"], one["streaming"]) for one in chosen) == [(1, True), (2, False), (3, True)]


@pytest.mark.slow
def test_the_shipped_list_of_combinations_composes_to_its_cells() -> None:
    every_job, multirun = compose.jobs(["experiment=pairs"], multirun=False)
    assert multirun
    configs = [compose.plain(job.config) for job in every_job]
    assert [(one["model"]["alias"], one["streaming"]["enabled"]) for one in configs] == [
        ("demo-small", True), ("demo-large", False),
    ]  # fmt: skip
