"""A file that was imported before, a change of mind and another rubric: nothing is doubled, nothing is lost."""

from pathlib import Path

import pytest

from foundry_exp.records import run_folder
from tests.scores.people.filling import CRITERIA, all_of, export, exported, fill_csv, scored, send_back


def test_a_second_import_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs, sent = exported(tmp_path)
    fill_csv(sent / "anna.csv", all_of(3))
    send_back(tmp_path, sent / "anna.csv")
    before = [(run / "scores.jsonl").read_bytes() for run in runs]
    assert send_back(tmp_path, sent / "anna.csv") == 0
    assert "; 0 new scores." in capsys.readouterr().out
    assert [(run / "scores.jsonl").read_bytes() for run in runs] == before


def test_an_older_file_of_the_same_person_brings_nothing_back_unless_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs, sent = exported(tmp_path, models=1)
    for number, mark in ((1, 2), (2, 5)):
        fill_csv(sent / "anna.csv", all_of(mark))
        (sent / f"anna{number}.csv").write_bytes((sent / "anna.csv").read_bytes())
    files = (sent / "anna1.csv", sent / "anna2.csv")
    assert send_back(tmp_path, *files) == 0
    before = (runs[0] / "scores.jsonl").read_bytes()
    capsys.readouterr()
    for again in (files, files, files[:1]):
        assert send_back(tmp_path, *again) == 0
    assert (runs[0] / "scores.jsonl").read_bytes() == before
    said = capsys.readouterr().err
    assert said.count("was imported before, at ") == 5
    assert "so it is skipped; --again takes it all the same." in said
    assert send_back(tmp_path, files[0], arguments=("--again",)) == 0
    assert run_folder.read_result(runs[0]).metrics["quality"]["mean"] == 2.0


def test_a_file_that_was_imported_before_still_reaches_a_run_that_was_gone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs, sent = exported(tmp_path)
    fill_csv(sent / "anna.csv", all_of(4))
    away = runs[0].rename(tmp_path / "elsewhere")
    send_back(tmp_path, sent / "anna.csv")
    away.rename(runs[0])
    assert send_back(tmp_path, sent / "anna.csv") == 0
    assert "so only what is new of its runs is added" in capsys.readouterr().err
    assert [len(scored(run)) for run in runs] == [2 * len(CRITERIA)] * 2


def test_a_broken_memory_of_imports_loses_nothing(tmp_path: Path) -> None:
    runs, sent = exported(tmp_path, models=1)
    fill_csv(sent / "anna.csv", all_of(4))
    (sent.parent / "imported.json").write_text("{", encoding="utf-8")
    assert send_back(tmp_path, sent / "anna.csv") == 0
    assert len(scored(runs[0])) == 2 * len(CRITERIA)


def test_a_change_of_mind_keeps_what_was_before(tmp_path: Path) -> None:
    runs, sent = exported(tmp_path, models=1)
    fill_csv(sent / "anna.csv", all_of(2))
    send_back(tmp_path, sent / "anna.csv")
    fill_csv(sent / "anna.csv", all_of(5))
    send_back(tmp_path, sent / "anna.csv")
    values = [
        value for sample, criterion, _, value in scored(runs[0]) if (sample, criterion) == ("privacy", "coverage")
    ]
    assert values == [2.0, 5.0]
    assert run_folder.read_result(runs[0]).metrics["quality"]["mean"] == 5.0


def test_a_later_rubric_replaces_the_scores_by_the_old_one(tmp_path: Path) -> None:
    runs, sent = exported(tmp_path, models=1)
    fill_csv(sent / "anna.csv", all_of(1))
    send_back(tmp_path, sent / "anna.csv")
    other = export(tmp_path, "--rubric", "answer", "--out", str(tmp_path / "second")) / ".." / "second" / "send"
    fill_csv(other / "anna.csv", lambda _: dict.fromkeys(("correctness", "helpfulness", "instruction", "clarity"), 5))
    send_back(tmp_path, other / "anna.csv")
    result = run_folder.read_result(runs[0])
    assert result.metrics["quality"]["mean"] == 5.0
    assert result.scores["annotation"].rubric.startswith("answer:")
    assert len(scored(runs[0])) == 2 * len(CRITERIA) + 2 * 4
