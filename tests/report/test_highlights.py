from pathlib import Path
from typing import Any

import pytest

from foundry_exp.report.highlights import highlights, left_out
from foundry_exp.report.markdown import spoken
from foundry_exp.results.cell import gather
from tests.run_folders import make_distribution, make_run_folder


def said(*folders: Path) -> str:
    return "\n".join(spoken(line) for line in highlights(gather(folders)))


def small(runs: Path, **changes: Any) -> Path:
    return make_run_folder(runs, **{"model": "small", "ttft_ms": 20.0, "gap_ms": 10.0, **changes})


def large(runs: Path, **changes: Any) -> Path:
    return make_run_folder(runs, **{"model": "large", "ttft_ms": 42.0, "gap_ms": 21.0, **changes})


def test_ratios_are_of_medians_with_unit_and_n(tmp_path: Path) -> None:
    lines = said(small(tmp_path), large(tmp_path))
    assert "first token:** small at 20.0 ms (median, n=6); 2.1 times quicker than large at 42.0 ms (n=6)." in lines
    assert "whole answer:** small at 50.0 ms (median, n=6); 2.1 times quicker than large at 105 ms (n=6)." in lines
    assert "throughput:** small at 70.0 tok/s (over the measured window, n=6); 2.1 times the throughput" in lines


def test_the_median_and_not_the_average_is_compared(tmp_path: Path) -> None:
    skewed = make_distribution(50.0) | {"mean": 500.0}
    assert "small at 50.0 ms" in said(small(tmp_path, metrics={"e2e_ms": skewed}), large(tmp_path))


def test_memory_says_how_much_more_the_other_takes(tmp_path: Path) -> None:
    lines = said(small(tmp_path), large(tmp_path, metrics={"rss_peak_mb": 420.0}))
    assert "memory:** small at 210 MB (peak); large at 420 MB takes 2.0 times as much." in lines


def test_less_than_one_per_cent_is_a_tie(tmp_path: Path) -> None:
    lines = said(small(tmp_path), large(tmp_path, ttft_ms=20.1))
    assert "a tie, less than 1 % apart, of small at 20.0 ms (median, n=6) and large at 20.1 ms (median, n=6)." in lines
    assert "tie" in next(line for line in lines.split("\n") if "memory" in line)


def test_of_three_the_next_and_the_slowest_are_named(tmp_path: Path) -> None:
    lines = said(small(tmp_path), large(tmp_path), make_run_folder(tmp_path, model="huge", ttft_ms=100.0))
    assert "2.1 times quicker than large at 42.0 ms (n=6); 5.0 times quicker than huge at 100 ms (n=6)." in lines


def test_without_two_first_token_times_none_is_called_fastest(tmp_path: Path) -> None:
    assert "first token" not in said(small(tmp_path), large(tmp_path, streaming=False))


def test_streaming_is_named_where_cells_differ_in_it(tmp_path: Path) -> None:
    lines = said(small(tmp_path), small(tmp_path, streaming=False))
    assert "small (streaming on)" in lines
    assert "small (streaming off)" in lines


def test_cells_that_are_not_ok_or_write_nonsense_are_not_compared(tmp_path: Path) -> None:
    partial = small(tmp_path, status="partial", reason="1 request failed.", errors=("privacy",))
    nonsense = make_run_folder(tmp_path, model="mad", ttft_ms=1.0, metrics={"degenerate_rate": 0.5})
    folders = (partial, nonsense, large(tmp_path))
    assert said(*folders) == ""
    assert left_out(gather(folders)) == [
        "small, because its status is partial.",
        "mad, because 50 % of its answers repeat themselves or are not text.",
    ]


def test_different_machines_are_not_compared(tmp_path: Path) -> None:
    lines = said(small(tmp_path, environment={"cpu": "A"}), large(tmp_path, environment={"cpu": "B"}))
    assert lines == "The cells are not ranked, because they differ in machine."


def test_estimated_tokens_are_kept_out_of_rates(tmp_path: Path) -> None:
    lines = said(small(tmp_path, metrics={"estimated_rate": 1.0}), large(tmp_path))
    assert "throughput" not in lines
    assert "first token" in lines


def test_answers_of_different_lengths_are_pointed_out(tmp_path: Path) -> None:
    talkative = {"retrieval": "word " * 40, "privacy": "word " * 40}
    lines = said(small(tmp_path), large(tmp_path, answers=talkative))
    assert "small 3.00 and large 40.0 tokens on average" in lines


@pytest.mark.parametrize(
    ("rate", "what"), [("truncated_rate", "were cut off at generation.max_tokens"), ("empty_rate", "are empty")]
)
def test_cut_and_empty_answers_are_not_ranked_for_speed(tmp_path: Path, rate: str, what: str) -> None:
    folders = (small(tmp_path), large(tmp_path, metrics={rate: 0.5}))
    assert said(*folders) == ""
    assert left_out(gather(folders)) == [f"large, because 50 % of its answers {what}."]


def test_changed_output_is_said_with_its_share(tmp_path: Path) -> None:
    lines = said(small(tmp_path), large(tmp_path, metrics={"determinism_rate": 0.5}))
    assert "small 100 % and large 50 % of the prompts." in lines


def test_one_cell_is_described_and_not_compared(tmp_path: Path) -> None:
    lines = said(small(tmp_path))
    assert "The first token came after 20.0 ms (median, n=6)." in lines
    assert "50.0 ms on average (n=6, too few to say how long 95 % of them take)." in lines
    assert "quicker" not in lines


def test_a_p95_with_an_interval_is_said(tmp_path: Path) -> None:
    sure = {"low": 55.0, "high": 65.0, "method": "order statistics"}
    e2e = make_distribution(50.0, n=100) | {"intervals": {"p95": sure}}
    assert "50.0 ms on average, and 95 % came within 60.0 ms (n=100)." in said(small(tmp_path, metrics={"e2e_ms": e2e}))


def test_a_failed_cell_says_nothing(tmp_path: Path) -> None:
    assert said(small(tmp_path, status="failed", reason="no.")) == ""
