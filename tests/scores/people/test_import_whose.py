"""Whose a file is and of which export: names that nobody has, a key far away, a key of another version."""

import json
from pathlib import Path

import pytest

from foundry_exp.scores.people.key import KEY_VERSION
from tests.scores.people.filling import CRITERIA, all_of, export, exported, fill_csv, make_runs, scored, send_back


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
    said = f"{key}: the key of an export in version 2, and this foundry_exp reads up to version 1; upgrade the tool"
    assert said in capsys.readouterr().err
    assert not scored(runs[0])
