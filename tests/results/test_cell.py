"""A finished cell: read in one place, from its folder or out of what is known of it."""

import ast
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import foundry_exp
from foundry_exp.records import run_folder
from foundry_exp.records.config import WrittenConfig
from foundry_exp.results.cell import finished, gather, read, read_with_records
from tests.report.scored import give_scores
from tests.run_folders import make_run_folder

PACKAGE = Path(foundry_exp.__file__).parent
HANDED = ("report", "decide", "tracking")
"""Rooms that are handed finished cells, and open no file of one."""
READERS = {
    "foundry_exp.records": {"run_folder"},
    "foundry_exp.records.run_folder": {name for name in vars(run_folder) if name.startswith(("read_", "each_"))},
    "foundry_exp.results.cell": {"read", "read_with_records", "gather"},
}


def imported(file: Path) -> Iterator[str]:
    """The readers of run folders that a module takes; and the calls of one through its module."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield from (one.name for one in node.names if one.name in READERS.get(node.module or "", ()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("candidates.read", "cell.read"):
            yield ast.unparse(node.func)


@pytest.mark.parametrize("room", HANDED)
def test_who_is_handed_a_cell_opens_no_file_of_it(room: str) -> None:
    read_by = {str(file.relative_to(PACKAGE)): list(imported(file)) for file in (PACKAGE / room).rglob("*.py")}
    assert {file: names for file, names in read_by.items() if names} == {}


def test_what_is_known_in_memory_is_what_its_folder_says(tmp_path: Path) -> None:
    folder = make_run_folder(tmp_path, errors=("privacy",), status="partial", reason="1 failed.")
    give_scores(folder, {"retrieval": 4.0})
    result, config = run_folder.read_result(folder), run_folder.read_written_config(folder)
    samples, records = run_folder.read_samples(folder), run_folder.read_records(folder)
    known = finished(folder, result, config, samples, records, run_folder.read_scores(folder))
    assert known == read(folder) == gather([folder])[0] == read_with_records(folder).cell
    assert run_folder.write_result(folder, result) == result, "as whoever reads it gets it"


def test_a_cell_at_hand_is_not_read(tmp_path: Path) -> None:
    one, other = (make_run_folder(tmp_path, model=model) for model in ("one", "other"))
    at_hand = replace(read(one), samples=())
    assert gather([one, other], {one: at_hand}) == [at_hand, read(other)]


def test_what_cells_share_is_kept_once(tmp_path: Path) -> None:
    first, second = gather([make_run_folder(tmp_path, model=model) for model in ("a", "b")])
    assert first.samples is second.samples
    assert first.config.workload is second.config.workload
    assert first.result.model != second.result.model


def test_a_config_that_cannot_be_read_hinders_no_report(tmp_path: Path) -> None:
    folder = make_run_folder(tmp_path)
    (folder / "config.yaml").write_text("a: [", encoding="utf-8")
    assert gather([folder])[0].config == WrittenConfig()
