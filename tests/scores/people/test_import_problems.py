"""What is wrong with a file is named by line, and nothing of it is imported unless a part is asked for."""

import contextlib
import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foundry_exp.scores.people import filled
from foundry_exp.scores.people.filled_check import checked
from foundry_exp.scores.people.key import KEY_VERSION, Key
from foundry_exp.scores.people.spreadsheet import points_in_cell
from tests.scores.people.filling import CRITERIA, LONG, all_of, exported, fill_csv, scored, send_back


@pytest.mark.parametrize(
    ("marks", "kept", "said"),
    [
        ((5, 2), 1, "with other scores, so neither counts; remove one of the two."),
        ((4, 4), 2, "is there twice, first in line 2; remove one of the two."),
    ],
)
def test_of_two_rows_that_contradict_each_other_neither_is_taken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], marks: tuple[int, int], kept: int, said: str
) -> None:
    runs, sent = exported(tmp_path, models=1)
    fill_csv(sent / "anna.csv", all_of(4))
    rows = list(csv.DictReader(io.StringIO((sent / "anna.csv").read_text(encoding="utf-8-sig"), newline="")))
    twice = [{**rows[0], **dict.fromkeys((f"score:{name}" for name in CRITERIA), str(mark))} for mark in marks]
    with (sent / "anna.csv").open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows([twice[0], rows[1], twice[1]])
    assert send_back(tmp_path, sent / "anna.csv", arguments=("--partial",)) == 1
    assert said in capsys.readouterr().err
    assert [value for *_, value in scored(runs[0])] == [4.0] * kept * len(CRITERIA)


def _second_cell(column: str, value: str) -> Callable[[list[dict[str, str]]], None]:
    return lambda rows: rows[1].update({column: value})


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_second_cell("score:coverage", "7"), "coverage: must be from 1 to 5, got '7'"),
        (_second_cell("score:coverage", "0"), "must be from 1 to 5, got '0'"),
        (_second_cell("score:coverage", "3.5"), "must be a whole number, got '3.5'"),
        (_second_cell("score:coverage", "04-Jan"), "'04-Jan' is a date"),
        (_second_cell("score:coverage", "good"), "must be a whole number from 1 to 5, got 'good'"),
        (_second_cell("item", "1.23E+05"), "a spreadsheet may have changed it"),
        (_second_cell("item", "zzzzzzzzzz"), "'zzzzzzzzzz' is no item of this export"),
        (_second_cell("item", ""), "has no item"),
        (_second_cell("annotator", "bene"), "'bene' was given no file, only anna, ben"),
        (_second_cell("annotator", "ben"), "is from anna and ben"),
        (_second_cell("answer", "Some other answer altogether"), "rows have come apart"),
        (lambda rows: rows[1].update(rows[0]), "is there twice, first in line 2"),
        (lambda rows: [row.pop("score:language") for row in rows], "without the columns score:language"),
        (lambda rows: [row.update({"score:languages": "3"}) for row in rows], "did you mean language?"),
    ],
)
def test_a_problem_is_named_and_nothing_of_its_file_imported(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    spoil: Callable[[list[dict[str, str]]], None],
    said: str,
) -> None:
    runs, sent = exported(tmp_path, models=2, answers=LONG | {"retrieval": "Passages are looked up, then read."})
    fill_csv(sent / "anna.csv", all_of(4))
    rows = list(csv.DictReader(io.StringIO((sent / "anna.csv").read_text(encoding="utf-8-sig"), newline="")))
    spoil(rows)
    with (sent / "anna.csv").open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    fill_csv(sent / "ben.csv", all_of(3))
    assert send_back(tmp_path, sent / "anna.csv", sent / "ben.csv") == 1
    errors = capsys.readouterr().err
    assert said in errors
    assert f"{sent / 'anna.csv'}" in errors
    assert {who for run in runs for _, _, who, _ in scored(run)} == {"ben"}


@pytest.mark.slow
def test_every_problem_has_its_line_and_a_part_can_be_taken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs, sent = exported(tmp_path, models=40, rounds=1)
    marks = iter([9] * 60 + [4] * 20)
    fill_csv(sent / "anna.csv", lambda _: dict.fromkeys(CRITERIA, next(marks)))
    assert send_back(tmp_path, sent / "anna.csv") == 1
    errors = capsys.readouterr().err.splitlines()
    assert errors[0].startswith(f"{sent / 'anna.csv'}:2: ")
    assert errors[4].startswith(f"{sent / 'anna.csv'}:3: ")
    assert errors[50] == f"{sent / 'anna.csv'}: and {60 * 4 - 50} more problems."
    assert send_back(tmp_path, sent / "anna.csv", arguments=("--partial",)) == 1
    assert sum(len(scored(run)) for run in runs) == 20 * len(CRITERIA)


def test_jsonl_problems_are_named_by_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, sent = exported(tmp_path)
    file = sent / "anna.jsonl"
    first, second, third, fourth = (json.loads(line) for line in file.read_text(encoding="utf-8").splitlines())
    first["scores"]["coverage"], first["scores"]["grammar"] = True, 3
    second["items"] = second.pop("item")
    lines = [json.dumps(first), json.dumps(second), "{not json", json.dumps(third) + json.dumps(fourth)]
    file.write_text("\n".join(lines), encoding="utf-8")
    assert send_back(tmp_path, file) == 1
    errors = capsys.readouterr().err
    assert f"{file}:1: {first['item']}: coverage: must be a whole number from 1 to 5, got True" in errors
    assert f"{file}:1: {first['item']}: 'grammar' is no criterion" in errors
    assert f"{file}:2: unknown key 'items'; did you mean item?" in errors
    assert f"{file}:3: not JSON" in errors
    assert f"{file}:4: not JSON (Extra data)" in errors


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"PK\x03\x04rest of a workbook", "save it as CSV"),
        (b'item,annotator\n"never closed', "without the columns"),
        (None, "there is no such file"),
    ],
)
def test_what_is_no_filled_file_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, said: str
) -> None:
    _, sent = exported(tmp_path)
    file = sent / "other.csv"
    if content is not None:
        file.write_bytes(content)
    assert send_back(tmp_path, file) == 1
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x03\x04rest of a workbook", "save it as CSV"),
        (None, "there is no such file"),
        (b"item,annotator,score:coverage\n", "has no row; give the file that was filled in."),
        (b"item,item,score:coverage\n", "without the columns annotator"),
        (b"{not json\n", ":1: not JSON"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_away_from_its_key_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, said: str
) -> None:
    exported(tmp_path)
    (tmp_path / "mail" / "in").mkdir(parents=True)
    file = tmp_path / "mail" / "in" / "other.csv"
    if content is not None:
        file.write_bytes(content)
    assert send_back(tmp_path, file) == 1
    errors = capsys.readouterr().err
    assert said in errors
    assert "key" not in errors.replace("keyboard", "")


KEY = Key("", KEY_VERSION, "s", "summary:1", dict.fromkeys(CRITERIA, 1.0), False, {"bcdfghjkmn": ()}, {"anna": ()})
cells = st.sampled_from(
    ["item", "annotator", "score:coverage", "bcdfghjkmn", "anna", "4", '"', ",", ";", "\n", "{", "}"]
)


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.one_of(
        st.binary(max_size=300),
        st.lists(cells | st.text(max_size=5)).map(lambda parts: ",".join(parts).encode("utf-8", "replace")),
    )
)
def test_no_file_ends_in_a_traceback(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "any.csv"
    file.write_bytes(content)
    read = filled.read(file, list(CRITERIA))
    marks = checked(read, KEY, lambda _: None)
    assert all(str(problem).startswith(str(file)) for problem in read.problems)
    assert all(1 <= value <= 5 for mark in marks for value in mark.points.values() if value is not None)


@pytest.mark.slow
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=3))
def test_a_mark_is_points_or_nothing_or_a_sentence(written: object) -> None:
    with contextlib.suppress(ValueError):
        assert points_in_cell(written) in (None, 1.0, 2.0, 3.0, 4.0, 5.0)
