"""The table of report.html: what is marked as best, and what may not be."""

from pathlib import Path

from foundry_exp.report.columns import Column
from foundry_exp.report.page.page import columns
from foundry_exp.results.cell import gather
from tests.run_folders import make_run_folder


def column(folders: list[Path], header: str) -> Column:
    return next(one for one in columns(gather(folders)) if one.header == header)


def test_an_estimated_rate_is_not_the_best_even_beside_it(tmp_path: Path) -> None:
    folders = [
        make_run_folder(tmp_path, model="quick", gap_ms=10.0),
        make_run_folder(tmp_path, model="slow", gap_ms=20.0),
        make_run_folder(tmp_path, model="guessed", gap_ms=10.01, metrics={"estimated_rate": 1.0}),
    ]
    throughput = column(folders, "Throughput")
    assert [value.is_best for value in throughput.values] == [True, False, False]
    assert throughput.values[2].text.startswith("≈")


def test_figures_of_another_device_are_not_shown(tmp_path: Path) -> None:
    wrong = make_run_folder(tmp_path, model="wrong", status="device_mismatch", reason="ran on the CPU.")
    assert {value.text for value in column([wrong], "Latency avg").values} == {"–"}
