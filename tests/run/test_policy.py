"""After a failed cell: go on, stop, stop above a share, and no larger contexts for a model without memory."""

import json
from pathlib import Path

import pytest

from foundry_exp.config import compose
from foundry_exp.config.plan import plan
from foundry_exp.measure.cell import Cell
from foundry_exp.records import run_folder, runs
from foundry_exp.records.run_result import RunResult
from foundry_exp.run import failure_policy, one_cell
from tests.conftest import SCRIPTED, Run

FIVE = ("-m", *SCRIPTED, "backend.fault=load", "generation.seed=range(5)", "sweep.name=night", "sweep.resume=true")


def results(tmp_path: Path) -> dict[str, RunResult]:
    folder = tmp_path / "mlruns" / "runs" / "night"
    return {path.name: run_folder.read_result(path) for path in runs.finished_cells(folder)}


def statuses(tmp_path: Path) -> list[str]:
    return [result.status for result in results(tmp_path).values()]


@pytest.mark.real
def test_going_on_measures_every_cell(run: Run, tmp_path: Path) -> None:
    done = run(*FIVE)
    assert (done.returncode, statuses(tmp_path)) == (1, ["failed"] * 5)
    assert (tmp_path / "mlruns" / "runs" / "night" / "report.md").exists(), "no report, because cells failed"
    assert "[5/5] seed-4: failed" in done.stderr
    assert "5 of 5 cells done, 5 failed" in done.stderr


@pytest.mark.real
def test_stop_skips_the_rest_which_a_resumed_sweep_measures(run: Run, tmp_path: Path) -> None:
    stopping = (*FIVE, "sweep.on_failure.policy=stop")
    assert run(*stopping).returncode == 1
    assert statuses(tmp_path) == ["failed", *["skipped"] * 4]
    assert "sweep.on_failure.policy=stop" in str(results(tmp_path)["seed-3"].reason)
    assert run(*stopping).returncode == 1
    assert statuses(tmp_path) == ["failed", "failed", *["skipped"] * 3], "the next one is to be tried, and only it"


@pytest.mark.real
def test_a_share_of_failures_stops_the_rest(run: Run, tmp_path: Path) -> None:
    run(*FIVE, "sweep.on_failure.policy=share", "sweep.on_failure.share=0.4")
    assert statuses(tmp_path) == ["failed", "failed", "failed", "skipped", "skipped"]
    assert "3 of 5 cells have failed, more than 40%" in str(results(tmp_path)["seed-4"].reason)


@pytest.mark.real
def test_a_model_without_memory_is_not_tried_with_more(run: Run, tmp_path: Path) -> None:
    grid = ("-m", *SCRIPTED, "backend.fault=out_of_memory", "sweep.name=night", "generation.max_tokens=16,8,32")
    assert run(*grid, "workload.concurrency=1,2").returncode == 1
    found = {name: (result.status, result.skip_rule) for name, result in results(tmp_path).items()}
    assert found == {
        "max_tokens-16-concurrency-1": ("failed", None),
        "max_tokens-16-concurrency-2": ("skipped", "memory"),
        "max_tokens-8-concurrency-1": ("failed", None),
        "max_tokens-8-concurrency-2": ("skipped", "memory"),
        "max_tokens-32-concurrency-1": ("skipped", "memory"),
        "max_tokens-32-concurrency-2": ("skipped", "memory"),
    }
    assert "ran out of memory in max_tokens-16-concurrency-1" in str(
        results(tmp_path)["max_tokens-32-concurrency-1"].reason
    )


@pytest.mark.slow
def test_prompts_of_any_text_are_compared_with_a_cell_without_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("odd.json").write_text(json.dumps(["a\x7fb"]), encoding="utf-8")

    def cell(max_tokens: int) -> Cell:
        wish = [*SCRIPTED, "prompts.path=odd.json", f"generation.max_tokens={max_tokens}"]
        return plan(compose.plain(compose.jobs(wish, multirun=False)[0][0].config), f"cell-{max_tokens}", "night")

    failed = cell(16)
    failed.folder.mkdir(parents=True)
    one_cell.prepare(failed)
    assert failure_policy._asks_more(cell(32), failed.folder)
    assert not failure_policy._asks_more(cell(8), failed.folder)
