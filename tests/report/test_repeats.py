"""Between-run intervals of repeated cells, in report.md and on the terminal."""

from dataclasses import replace
from pathlib import Path

import pytest

from foundry_exp.metrics.stats.intervals import mean_interval
from foundry_exp.records import run_folder
from foundry_exp.report import repeats
from foundry_exp.report.conclude import NONE
from foundry_exp.report.markdown import report
from foundry_exp.results.cell import FinishedCell, gather
from tests.run_folders import make_run_folder


def repeated(runs: Path, *gaps_ms: float, failed: int = 0) -> list[FinishedCell]:
    """A cell that was run once for each gap, then so often without success."""
    folders = [make_run_folder(runs, run_id=f"run-{number}", gap_ms=gap) for number, gap in enumerate(gaps_ms)]
    folders += [
        make_run_folder(runs, run_id=f"failed-{number}", status="failed", reason="it broke") for number in range(failed)
    ]
    for number, folder in enumerate(folders, start=1):
        result = run_folder.read_result(folder)
        run_folder.write_result(folder, replace(result, cell=f"demo-small-r{number}", repeat=number, fingerprint="f"))
    return gather(folders)


def test_the_interval_is_students_over_the_runs_means(tmp_path: Path) -> None:
    cells = repeated(tmp_path, 10.0, 11.0, 12.5)
    (group,) = repeats.groups(cells)
    means = [cell.row["e2e_avg_ms"] or 0.0 for cell in cells]
    spread = group.spread("e2e_avg_ms")
    assert spread is not None
    assert spread[0] == pytest.approx(sum(means) / 3)
    assert spread[1] == mean_interval(means)
    assert "Between repeats" in report(cells, NONE, inside=False)
    assert "| demo-small | 3 |" in report(cells, NONE, inside=False)
    assert next(repeats.sentences(cells)).startswith("demo-small, 3 runs: latency avg")


def test_a_run_that_failed_is_counted_and_not_averaged(tmp_path: Path) -> None:
    cells = repeated(tmp_path, 10.0, 12.0, failed=1)
    assert "| demo-small | 2 of 3 |" in "\n".join(repeats.table(cells))


def test_a_figure_that_a_run_lacks_says_of_how_many_runs_it_is(tmp_path: Path) -> None:
    cells = repeated(tmp_path, 10.0, 11.0, 12.0)
    uncounted = replace(
        cells[0], row=replace(cells[0].row, figures=cells[0].row.figures | {"throughput_tok_per_s": None})
    )
    said = next(iter(repeats.sentences([uncounted, *cells[1:]])))
    assert "throughput 61.0 (of 2 runs; " in said
    assert said.count("of 2 runs") == 1


def test_cells_that_were_not_repeated_have_no_such_table(tmp_path: Path) -> None:
    cells = gather([make_run_folder(tmp_path, model=model) for model in ("demo-small", "demo-large")])
    assert "Between repeats" not in report(cells, NONE, inside=False)
    assert not list(repeats.sentences(cells))
