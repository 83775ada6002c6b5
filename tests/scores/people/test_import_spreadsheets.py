"""What spreadsheets do to a file is read: encodings, separators, line ends, numbers and rows."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundry_exp.records import run_folder
from foundry_exp.scores.people.spreadsheet import decoded
from tests.scores.people.filling import CRITERIA, LONG, all_of, exported, fill_csv, scored, send_back


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
    assert {score.reason for score in run_folder.read_scores(runs[0])} == {"schön"}


def _separated(text: str, delimiter: str) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows(csv.reader(io.StringIO(text, newline="")))
    return out.getvalue()


@given(st.text(st.characters(codec="utf-16")).filter(lambda text: "\ufeff" not in text and "\0" not in text))
def test_marked_encodings_are_read_as_they_were_written(text: str) -> None:
    assert decoded(text.encode("utf-8-sig")).content == text
    assert decoded(text.encode("utf-16")).content == text
