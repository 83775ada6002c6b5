"""Exports are blind, stable, whole, and never write over what somebody may have filled in."""

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundry_exp.cli import main
from foundry_exp.files import json_schema
from foundry_exp.scores.people import documents, spreadsheet
from foundry_exp.scores.people.items import Item
from tests.run_folders import make_run_folder
from tests.scores.people.filling import CRITERIA, all_of, export, fill_csv, make_runs


def ids(file: Path) -> list[str]:
    return [json.loads(line)["item"] for line in file.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(
    ("word", "said"),
    [("imprt", "did you mean import or export? See"), ("x", "choose from agreement, export, import. See")],
)
def test_an_unknown_command_is_a_sentence_that_ends(capsys: pytest.CaptureFixture[str], word: str, said: str) -> None:
    assert main.main(["annotate", word]) == 2
    assert said in capsys.readouterr().err


def test_nothing_that_is_sent_names_a_model_or_a_run(tmp_path: Path) -> None:
    make_runs(tmp_path, answers={"retrieval": "It looks things up first.", "privacy": "Nothing leaves."})
    out = export(tmp_path)
    sent = {path.name: path.read_text(encoding="utf-8") for path in (out / "send").iterdir()}
    assert set(sent) == {"anna.csv", "anna.jsonl", "ben.csv", "ben.jsonl", "guide.md"}
    for text in sent.values():
        assert not any(
            word in text for word in ("model-", "demo", "20261201", "sweep", "-cpu", 'retrieval"', "run.json")
        )
    key = json.loads((out / "key.json").read_text(encoding="utf-8"))
    assert "must not see" in key["note"]
    assert not any(key["secret"] in text for text in sent.values())


def test_programs_are_told_in_json_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_runs(tmp_path, answers={"privacy": "Nothing leaves."})
    out = export(tmp_path, "--json")
    files = {str(out / "send" / f"{name}.{suffix}") for name in ("anna", "ben") for suffix in ("csv", "jsonl")}
    made = json.loads(capsys.readouterr().out)
    assert set(made.pop("written")) == files
    assert made == {
        "folder": str(out),
        "key": str(out / "key.json"),
        "guide": str(out / "send" / "guide.md"),
        "items": 3,
        "kept": [],
    }
    export(tmp_path, "--json")
    again = json.loads(capsys.readouterr().out)
    assert (again["written"], set(again["kept"])) == ([], files)


def test_equal_answers_of_several_models_and_rounds_are_one_item(tmp_path: Path) -> None:
    make_runs(tmp_path, models=3, rounds=4, answers={"privacy": "the same"})
    out = export(tmp_path)
    assert len(ids(out / "send" / "anna.jsonl")) == 3 + 1
    places = json.loads((out / "key.json").read_text(encoding="utf-8"))["items"].values()
    assert sorted(map(len, places)) == [1, 1, 1, 3]


def test_everybody_has_an_order_of_their_own(tmp_path: Path) -> None:
    make_runs(tmp_path, models=10)
    out = export(tmp_path, "--seed", "3")
    anna, ben = (ids(out / "send" / f"{name}.jsonl") for name in ("anna", "ben"))
    assert sorted(anna) == sorted(ben)
    assert anna != ben
    assert all(item.isalpha() and item.islower() for item in anna)


@pytest.mark.slow
def test_ids_cannot_be_foretold_without_a_seed_and_can_be_made_again_with_one(tmp_path: Path) -> None:
    make_runs(tmp_path)
    first, second = (ids(export(tmp_path / part, annotators="a") / "send" / "a.jsonl") for part in _twice(tmp_path))
    assert not set(first) & set(second)
    again, more = (
        ids(export(tmp_path / part, "--seed", "9", annotators="a") / "send" / "a.jsonl")
        for part in _twice(tmp_path, "s")
    )
    assert again == more


def _twice(folder: Path, name: str = "r") -> list[str]:
    for number in (1, 2):
        make_runs(folder / f"{name}{number}")
    return [f"{name}1", f"{name}2"]


def test_a_second_export_keeps_ids_and_filled_files_and_adds_what_is_new(tmp_path: Path) -> None:
    make_runs(tmp_path)
    out = export(tmp_path)
    anna = out / "send" / "anna.csv"
    fill_csv(anna, all_of(4))
    before, first = anna.read_bytes(), set(ids(out / "send" / "anna.jsonl"))
    make_run_folder(tmp_path / "mlruns" / "runs", model="model-new")
    export(tmp_path, annotators="anna,carol")
    assert anna.read_bytes() == before
    added = ids(out / "send" / "anna+2.jsonl")
    assert len(added) == 2
    assert not first & set(added)
    assert set(ids(out / "send" / "carol.jsonl")) == first | set(added)
    assert not (out / "send" / "ben+2.csv").exists()


def test_a_file_that_was_lost_is_written_again(tmp_path: Path) -> None:
    make_runs(tmp_path)
    out = export(tmp_path)
    lost = out / "send" / "ben.csv"
    text = lost.read_bytes()
    lost.unlink()
    export(tmp_path)
    assert lost.read_bytes() == text


def test_every_line_keeps_to_the_schema_and_the_guide_has_every_anchor(tmp_path: Path) -> None:
    make_runs(tmp_path)
    out = export(tmp_path, "--reference")
    for line in (out / "send" / "anna.jsonl").read_text(encoding="utf-8").splitlines():
        json_schema.check(json.loads(line), "annotation", "line")
        assert tuple(json.loads(line)["scores"]) == CRITERIA
        assert "reference" in json.loads(line)
    guide = (out / "send" / "guide.md").read_text(encoding="utf-8")
    assert guide.count("- **5**: ") == len(CRITERIA)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--annotators", "anna,../ben"], "'../ben' cannot be a file's name"),
        (["--annotators", "anna,Anna"], "not all different"),
        (["--rubric", "sumary"], "did you mean summary? One of your own"),
        (["--rubric", "xyz"], "choose from answer, summary. One of your own"),
        (["--seed", "x"], "invalid int value"),
        (["--nothing"], "--nothing: no such option"),
    ],
)
def test_what_cannot_be_exported_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    make_runs(tmp_path)
    assert main.main(["annotate", "export", "last", "--output-dir", str(tmp_path / "mlruns"), *arguments]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "mlruns" / "annotations").exists()


def test_a_folder_takes_one_rubric(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_runs(tmp_path)
    out = export(tmp_path)
    command = ["export", "last", "--rubric", "answer", "--out", str(out), "--output-dir", str(tmp_path / "mlruns")]
    assert main.main(["annotate", *command]) == 2
    assert "name another folder with --out" in capsys.readouterr().err


def test_a_sweep_that_answered_nothing_has_nothing_to_score(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_runs(tmp_path, status="failed")
    assert main.main(["annotate", "export", "last", "--output-dir", str(tmp_path / "mlruns")]) == 1
    assert "no request of these runs was answered" in capsys.readouterr().err


@given(st.text())
def test_a_neutral_cell_is_reversible_and_no_formula(text: str) -> None:
    cell = spreadsheet.protected(text)
    assert spreadsheet.unprotected(cell) == text
    assert not cell.lstrip()[:1] or cell.lstrip()[0] not in "=+-@"


@given(st.lists(st.text(), min_size=1, max_size=5))
def test_any_answer_survives_the_csv(answers: list[str]) -> None:
    items = [Item(f"i{number}", "p", text, None, ()) for number, text in enumerate(answers)]
    text = documents.as_csv(documents.rows(items, "anna", ["x"], reference=False))
    text.encode("utf-8")  # whatever a model said
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    writable = [answer.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8") for answer in answers]
    assert [spreadsheet.unprotected(row["answer"]) for row in rows] == [
        answer.replace("\r\n", "\n").replace("\r", "\n") for answer in writable
    ]
