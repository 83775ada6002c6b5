import math
from pathlib import Path

import pytest

from foundry_exp.errors import StoreError
from foundry_exp.report.markdown_tables import details_table, notes
from foundry_exp.results.cell import gather
from foundry_exp.results.row import row
from tests.run_folders import Cell, make_result, make_run_folder


def test_a_row_holds_medians_averages_and_their_n() -> None:
    found = row(make_result(Cell(ttft_ms=40.0, gap_ms=10.0)))
    assert (found["ttft_p50_ms"], found["ttft_n"]) == (40.0, 6)
    assert (found["e2e_avg_ms"], found["e2e_p50_ms"], found["n"]) == (70.0, 70.0, 6)
    assert found["e2e_p95_ms"] == pytest.approx(84.0)
    assert (found["decode_tok_per_s"], found["rss_peak_mb"], found["disk_mb"]) == (100.0, 210.0, 4.5)


def test_without_streaming_there_is_no_first_token() -> None:
    found = row(make_result(Cell(streaming=False)))
    assert (found["ttft_p50_ms"], found["ttft_n"], found["decode_tok_per_s"], found["typical_answer_ms"]) == (None,) * 4
    assert found["e2e_avg_ms"] == 70.0


def test_what_is_missing_or_no_number_is_none() -> None:
    strange = {"load_s": math.nan, "rss_peak_mb": math.inf, "throughput_tok_per_s": "fast", "determinism_rate": True}
    found = row(make_result(Cell(metrics=strange)))
    assert (found["load_s"], found["rss_peak_mb"], found["throughput_tok_per_s"], found["determinism_rate"]) == (
        None,
    ) * 4


def test_a_failed_cell_has_facts_and_no_figures() -> None:
    found = row(make_result(Cell(status="failed", reason="out of memory."), measured=False))
    assert (found.status, found.reason, found.licence) == ("failed", "out of memory.", "MIT")
    assert (found["requests"], found["n"], found["e2e_avg_ms"], found["rss_peak_mb"]) == (None,) * 4


def test_figures_of_a_device_that_was_not_asked_for_are_no_figures() -> None:
    found = row(make_result(Cell(device="gpu", status="device_mismatch", reason="ran on cpu.")))
    assert (found["e2e_avg_ms"], found["ttft_p50_ms"], found["throughput_tok_per_s"], found["rss_peak_mb"]) == (
        None,
    ) * 4


def test_a_p95_without_an_interval_is_uncertain() -> None:
    sure = {"low": 80.0, "high": 90.0, "method": "order statistics"}
    known = make_result(Cell()).metrics["e2e_ms"]
    assert row(make_result(Cell())).p95_uncertain
    assert not row(make_result(Cell(metrics={"e2e_ms": known | {"intervals": {"p95": sure}}}))).p95_uncertain


def test_a_broken_distribution_is_refused_with_the_metric_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="metric ttft_ms is not a distribution"):
        row(make_result(Cell(metrics={"ttft_ms": {"p50": 1.0}})))


def test_without_a_stated_length_there_is_no_typical_answer(tmp_path: Path) -> None:
    unstated = {"typical_answer_ms": None}
    cells = gather([make_run_folder(tmp_path, model=model, metrics=unstated) for model in ("small", "large")])
    assert [cell.row["typical_answer_ms"] for cell in cells] == [None, None], "never of the models compared"
    assert "Typical answer" not in " ".join(notes(cells))


def test_a_typical_answer_of_estimated_tokens_is_marked(tmp_path: Path) -> None:
    estimated = [{}, {"estimated_rate": 1.0}]
    folders = [
        make_run_folder(tmp_path, model=model, metrics=each, ttft_ms=28, gap_ms=1)
        for model, each in zip("ab", estimated, strict=True)
    ]
    table = details_table(gather(folders))
    assert table.count("| 88.0 |") == 1
    assert table.count("| ≈88.0 |") == 1
