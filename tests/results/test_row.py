import math
from pathlib import Path
from typing import Any

import pytest

from foundry_exp.errors import StoreError
from foundry_exp.report.markdown_tables import details_table, notes
from foundry_exp.results.cell import gather
from foundry_exp.results.row import row
from tests.run_folders import Cell, make_result, make_run_folder


def test_a_row_holds_medians_averages_and_their_n() -> None:
    found = row(make_result(Cell(ttft_ms=40.0, gap_ms=10.0)))
    assert (found.ttft_p50_ms, found.ttft_n) == (40.0, 6)
    assert (found.e2e_avg_ms, found.e2e_p50_ms, found.n) == (70.0, 70.0, 6)
    assert found.e2e_p95_ms == pytest.approx(84.0)
    assert (found.decode_tok_per_s, found.rss_peak_mb, found.disk_mb) == (100.0, 210.0, 4.5)


def test_without_streaming_there_is_no_first_token() -> None:
    found = row(make_result(Cell(streaming=False)))
    assert (found.ttft_p50_ms, found.ttft_n, found.decode_tok_per_s, found.typical_answer_ms) == (None,) * 4
    assert found.e2e_avg_ms == 70.0


def test_what_is_missing_or_no_number_is_none() -> None:
    strange = {"load_s": math.nan, "rss_peak_mb": math.inf, "throughput_tok_per_s": "fast", "determinism_rate": True}
    found = row(make_result(Cell(metrics=strange)))
    assert (found.load_s, found.rss_peak_mb, found.throughput_tok_per_s, found.determinism_rate) == (None,) * 4


def test_a_failed_cell_has_facts_and_no_figures() -> None:
    found = row(make_result(Cell(status="failed", reason="out of memory."), measured=False))
    assert (found.status, found.reason, found.licence) == ("failed", "out of memory.", "MIT")
    assert (found.requests, found.n, found.e2e_avg_ms, found.rss_peak_mb) == (None,) * 4


def test_figures_of_a_device_that_was_not_asked_for_are_no_figures() -> None:
    found = row(make_result(Cell(device="gpu", status="device_mismatch", reason="ran on cpu.")))
    assert (found.e2e_avg_ms, found.ttft_p50_ms, found.throughput_tok_per_s, found.rss_peak_mb) == (None,) * 4


def test_a_p95_without_an_interval_is_uncertain() -> None:
    sure = {"low": 80.0, "high": 90.0, "method": "order statistics"}
    known = make_result(Cell()).metrics["e2e_ms"]
    assert row(make_result(Cell())).p95_uncertain
    assert not row(make_result(Cell(metrics={"e2e_ms": known | {"intervals": {"p95": sure}}}))).p95_uncertain


def test_a_broken_distribution_is_refused_with_the_metric_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="metric ttft_ms is not a distribution"):
        row(make_result(Cell(metrics={"ttft_ms": {"p50": 1.0}})))


def test_without_a_stated_length_a_typical_answer_has_the_cells_median_and_it_is_said(tmp_path: Path) -> None:
    unstated = {"typical_answer_ms": None}
    words = {"retrieval": "one two three four", "privacy": "one two three four"}
    folders = [
        make_run_folder(tmp_path, model=model, metrics=unstated, answers=words, gap_ms=gap_ms)
        for model, gap_ms in (("small", 10.0), ("large", 30.0))
    ]
    cells = gather(folders)
    assert [cell.row.typical_answer_ms for cell in cells] == [40 + 4 * 10, 40 + 4 * 30]
    assert "Typical answer: of 4 tokens, the median of these cells' own" in " ".join(notes(cells))
    alone = gather(folders[:1])
    assert alone[0].row.typical_answer_ms is None, "of one cell nothing is compared"


def test_estimated_counts_are_no_length_of_a_typical_answer(tmp_path: Path) -> None:
    unstated, words = {"typical_answer_ms": None}, {"retrieval": "one two three four", "privacy": "one two three four"}
    chosen: dict[str, Any] = {"metrics": unstated, "answers": words, "gap_ms": 12.0}
    folders = [make_run_folder(tmp_path, model=model, **chosen) for model in "abcde"]
    for folder in folders[2:]:
        records = folder / "records.jsonl"
        text = records.read_text(encoding="utf-8").replace('"token_source":"usage"', '"token_source":"events"')
        records.write_text(text.replace('"completion_tokens":4', '"completion_tokens":900'), encoding="utf-8")
    cells = gather(folders)
    assert [cell.row.typical_answer_ms for cell in cells] == [88.0] * 5
    assert [cell.tokens_estimated for cell in cells] == [False] * 2 + [True] * 3
    assert details_table(cells).count("| 88.0 |") == 2
    assert details_table(cells).count("| ≈88.0 |") == 3
