"""Imports take what spreadsheets do to a file, name what is wrong, and lose nothing."""

import contextlib
import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foundry_exp import store
from foundry_exp.annotation import filled
from foundry_exp.annotation.check import checked
from foundry_exp.annotation.encoding import decoded
from foundry_exp.annotation.key import KEY_VERSION, Key
from foundry_exp.annotation.points import points
from foundry_exp.report.write import write_reports
from tests.annotation.filling import CRITERIA, all_of, export, fill_csv, fill_jsonl, make_runs, scored, send_back

LONG = {"retrieval": "Retrieval looks up passages before it answers.", "privacy": "Nothing leaves the machine at all."}


def exported(folder: Path, **changes: Any) -> tuple[list[Path], Path]:
    runs = make_runs(folder, **changes)
    return runs, export(folder) / "send"


def test_scores_land_in_every_run_that_gave_the_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs, sent = exported(tmp_path, answers={"privacy": "the same"})
    fill_csv(sent / "anna.csv", all_of(4), comment="fine")
    assert send_back(tmp_path, sent / "anna.csv") == 0
    assert "anna scored 3 answers; 16 new scores." in capsys.readouterr().out
    for run in runs:
        assert len(scored(run)) == 2 * len(CRITERIA)
        first = store.read_scores(run)[0]
        assert (first.scorer, first.scored_by, first.value, first.reason) == ("annotation", "anna", 4.0, "fine")
        result = store.read_result(run)
        assert result.quality_source == "annotation"
        assert result.metrics["quality"]["mean"] == 4.0
        assert result.metrics["quality_coverage"] == 1.0
        assert (run / "report.md").exists()


def test_reports_and_pages_follow_and_a_tracker_that_is_gone_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs, sent = exported(tmp_path)
    sweep = runs[0].parent
    write_reports(sweep, runs)
    (sweep / "report.html").write_text("old", encoding="utf-8")
    spec = {"_target_": "foundry_exp.tracking.mlflow_store.MlflowTracker", "uri": "http://127.0.0.1:9/"}
    for run in runs:
        with (run / "config.yaml").open("a", encoding="utf-8") as config:
            config.write(f"tracker: {json.dumps({**spec, 'experiment': 'x', 'output_dir': 'mlruns'})}\n")
    fill_csv(sent / "anna.csv", all_of(4))
    assert send_back(tmp_path, sent / "anna.csv") == 0
    with (sweep / "report.csv").open(encoding="utf-8", newline="") as table:
        assert [float(row["quality"]) for row in csv.DictReader(table)] == [4.0, 4.0]
    assert "old" not in (sweep / "report.html").read_text(encoding="utf-8")[:5]
    errors = capsys.readouterr().err
    assert errors.count("not published: ") == 1
    assert f"python -m foundry_exp publish {sweep}" in errors.replace("\n", "")


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
    assert store.read_result(runs[0]).metrics["quality"]["mean"] == 2.0


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


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("amna", "--annotator: 'amna' was given no file of this export; did you mean anna?"),
        ("zoe", "--annotator: 'zoe' was given no file of this export; choose from anna, ben."),
        ("ben", ":2: is anna's, and --annotator says ben"),
    ],
)
@pytest.mark.parametrize("more", [(), ("--partial",)])
def test_a_name_that_nobody_has_or_that_the_file_contradicts_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, said: str, more: tuple[str, ...]
) -> None:
    runs, sent = exported(tmp_path, models=1)
    fill_csv(sent / "anna.csv", all_of(4))
    assert send_back(tmp_path, sent / "anna.csv", arguments=("--annotator", name, *more)) == 1
    assert said in capsys.readouterr().err
    assert scored(runs[0]) == []


@pytest.mark.parametrize("own", ["", "annna"])
def test_a_file_without_a_known_name_is_whose_it_is_said_to_be(tmp_path: Path, own: str) -> None:
    runs, sent = exported(tmp_path, models=1)
    fill_csv(sent / "anna.csv", all_of(4))
    text = (sent / "anna.csv").read_text(encoding="utf-8")
    (sent / "anna.csv").write_text(text.replace(",anna,", f",{own},"), encoding="utf-8")
    assert send_back(tmp_path, sent / "anna.csv", arguments=("--annotator", "ANNA")) == 0
    assert {who for _, _, who, _ in scored(runs[0])} == {"anna"}


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
    assert store.read_result(runs[0]).metrics["quality"]["mean"] == 5.0


def test_half_a_row_counts_by_criterion_and_not_as_an_answer(tmp_path: Path) -> None:
    runs, sent = exported(tmp_path, models=1, rounds=1)
    fill_csv(sent / "anna.csv", lambda _: {"coverage": 2})
    fill_csv(sent / "ben.csv", lambda _: {"faithfulness": 4, "instruction": 4, "language": 4})
    send_back(tmp_path, sent / "anna.csv", sent / "ben.csv")
    found = store.read_result(runs[0])
    # Between them they filled every place, but nobody scored an answer whole.
    assert (found.scores["annotation"].scored, found.scores["annotation"].unscored) == (0, 2)
    assert found.metrics["quality"] is None
    assert found.scores["annotation"].criteria["coverage"] is not None
    fill_csv(sent / "ben.csv", all_of(4))
    send_back(tmp_path, sent / "ben.csv")
    found = store.read_result(runs[0])
    assert found.scores["annotation"].scored == 2
    assert found.metrics["quality"]["mean"] == 4.0  # Anna's half row is in `coverage` alone
    assert found.metrics["quality/coverage"]["mean"] == 3.0


def test_several_people_count_alike(tmp_path: Path) -> None:
    runs, sent = exported(tmp_path, models=1)
    fill_csv(sent / "anna.csv", all_of(2))
    fill_jsonl(sent / "ben.jsonl", all_of(5))
    assert send_back(tmp_path, sent) == 0  # a folder is all files in it; the two others are empty
    assert store.read_result(runs[0]).metrics["quality"]["mean"] == 3.5


def _recoded(encoding: str) -> Callable[[str], bytes]:
    return lambda text: text.encode(encoding)


CHANGES: dict[str, Callable[[str], bytes]] = {
    "utf-8": _recoded("utf-8"),
    "byte order mark": _recoded("utf-8-sig"),
    "utf-16": _recoded("utf-16"),
    "utf-16-le": _recoded("utf-16-le"),
    "utf-16-be": _recoded("utf-16-be"),
    "windows-1252": _recoded("cp1252"),
    "crlf": lambda text: text.replace("\n", "\r\n").encode(),
    "cr": lambda text: text.replace("\n", "\r").encode(),
    "semicolons": lambda text: _separated(text, ";").encode(),
    "separator said first": lambda text: ("sep=;\n" + _separated(text, ";")).encode(),
    "tabs": lambda text: _separated(text, "\t").encode("utf-16"),
    "4.0": lambda text: text.replace(",4,", ",4.0,").encode(),
    "4,0": lambda text: text.replace(",4,", ',"4,0",').encode(),
    "spaces": lambda text: text.replace(",4,", ", 4 ,").encode(),
    "capitals": lambda text: text.replace("score:", "Score: ").replace("item", "ITEM", 1).encode(),
    "blank rows": lambda text: (text + ",,,,,,,,\n\n").encode(),
    "sorted rows": lambda text: "\n".join([text.split("\n")[0], *sorted(text.split("\n")[1:])]).encode(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_spreadsheets_do_is_read(tmp_path: Path, change: Callable[[str], bytes]) -> None:
    runs, sent = exported(tmp_path, models=1, answers=LONG)
    fill_csv(sent / "anna.csv", all_of(4), comment="schön")
    file = sent / "anna.csv"
    file.write_bytes(change(file.read_text(encoding="utf-8-sig")))
    assert send_back(tmp_path, file) == 0
    assert sorted(scored(runs[0])) == sorted(
        (sample, criterion, "anna", 4.0) for sample in ("privacy", "retrieval") for criterion in CRITERIA
    )
    assert {score.reason for score in store.read_scores(runs[0])} == {"schön"}


def _separated(text: str, delimiter: str) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows(csv.reader(io.StringIO(text, newline="")))
    return out.getvalue()


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


def test_a_file_far_from_its_key_finds_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = make_runs(tmp_path, models=1)
    folder = tmp_path / "mlruns" / "annotations" / "mine"
    export(tmp_path, "--out", str(folder))
    fill_csv(folder / "send" / "anna.csv", all_of(4))
    (tmp_path / "mail" / "in").mkdir(parents=True)
    returned = (folder / "send" / "anna.csv").rename(tmp_path / "mail" / "in" / "anna (1).csv")
    (tmp_path / "mail" / "key.json").write_text("{}", encoding="utf-8")  # somebody else's
    assert send_back(tmp_path, returned) == 0
    assert len(scored(runs[0])) == 2 * len(CRITERIA)
    (tmp_path / "mail" / "key.json").unlink()
    (folder / "key.json").rename(tmp_path / "mine.json")
    assert send_back(tmp_path, returned) == 1
    assert "no key fits it" in capsys.readouterr().err
    assert send_back(tmp_path, returned, arguments=("--key", str(tmp_path / "mine.json"))) == 0


def test_a_key_of_another_version_is_refused_with_the_way_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs, sent = exported(tmp_path, models=1)
    fill_csv(sent / "anna.csv", all_of(4))
    key = sent.parent / "key.json"
    later = {**json.loads(key.read_text(encoding="utf-8")), "key_version": KEY_VERSION + 1, "items": ["otherwise"]}
    key.write_text(json.dumps(later), encoding="utf-8")
    assert send_back(tmp_path, sent / "anna.csv") == 1
    said = f"{key}: a key of version 2, and this foundry_exp reads version 1; use the foundry_exp that made the export."
    assert said in capsys.readouterr().err
    assert not scored(runs[0])


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


def test_a_run_that_is_gone_is_said_and_the_others_are_scored(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs, sent = exported(tmp_path)
    fill_csv(sent / "anna.csv", all_of(4))
    runs[0].rename(tmp_path / "elsewhere")
    assert send_back(tmp_path, sent / "anna.csv") == 0
    assert "is gone, so its part is left out" in capsys.readouterr().err
    assert len(scored(runs[1])) == 2 * len(CRITERIA)


def test_a_later_rubric_replaces_the_scores_by_the_old_one(tmp_path: Path) -> None:
    runs, sent = exported(tmp_path, models=1)
    fill_csv(sent / "anna.csv", all_of(1))
    send_back(tmp_path, sent / "anna.csv")
    other = export(tmp_path, "--rubric", "answer", "--out", str(tmp_path / "second")) / ".." / "second" / "send"
    fill_csv(other / "anna.csv", lambda _: dict.fromkeys(("correctness", "helpfulness", "instruction", "clarity"), 5))
    send_back(tmp_path, other / "anna.csv")
    found = store.read_result(runs[0])
    assert found.metrics["quality"]["mean"] == 5.0
    assert found.scores["annotation"].rubric.startswith("answer:")
    assert len(scored(runs[0])) == 2 * len(CRITERIA) + 2 * 4


KEY = Key("", KEY_VERSION, "s", "summary:1", dict.fromkeys(CRITERIA, 1.0), False, {"bcdfghjkmn": ()}, {"anna": ()})
cells = st.sampled_from(
    ["item", "annotator", "score:coverage", "bcdfghjkmn", "anna", "4", '"', ",", ";", "\n", "{", "}"]
)


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
    found = filled.read(file, list(CRITERIA))
    marks = checked(found, KEY, lambda _: None)
    assert all(str(problem).startswith(str(file)) for problem in found.problems)
    assert all(1 <= value <= 5 for mark in marks for value in mark.points.values() if value is not None)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=3))
def test_a_mark_is_points_or_nothing_or_a_sentence(written: object) -> None:
    with contextlib.suppress(ValueError):
        assert points(written) in (None, 1.0, 2.0, 3.0, 4.0, 5.0)


@given(st.text(st.characters(codec="utf-16")).filter(lambda text: "\ufeff" not in text and "\0" not in text))
def test_marked_encodings_are_read_as_they_were_written(text: str) -> None:
    assert decoded(text.encode("utf-8-sig")).content == text
    assert decoded(text.encode("utf-16")).content == text


def test_a_file_may_say_when(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (run,) = make_runs(tmp_path, models=1)
    file = export(tmp_path) / "send" / "anna.jsonl"
    fill_jsonl(file, all_of(4))
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    for when, code in (("yesterday", 1), ("2026-12-01T09:30:00+01:00", 0)):
        said = [json.dumps({**line, "scored_at": when}) + "\n" for line in lines]
        file.write_text("".join(said), encoding="utf-8")
        assert send_back(tmp_path, file) == code
    assert "scored_at: must be a time in ISO 8601, got 'yesterday'; leave it out." in capsys.readouterr().err
    assert {score.scored_at for score in store.read_scores(run)} == {"2026-12-01T08:30:00+00:00"}
