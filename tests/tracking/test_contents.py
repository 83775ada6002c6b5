from dataclasses import replace
from pathlib import Path

import pytest

from foundry_exp.errors import StoreError
from foundry_exp.records import run_folder
from foundry_exp.records.record import Message, Sample
from foundry_exp.records.run_folder import read_result
from foundry_exp.results.cell import read
from foundry_exp.scores.facets.scorer import Facets
from foundry_exp.tracking import contents
from foundry_exp.tracking.samples import COLUMNS, sample_table
from tests.run_folders import PROMPTS, Cell, make_result, make_run_folder
from tests.scores.scoring import score_folders


def test_run_is_named_after_what_was_compared() -> None:
    assert contents.run_name(make_result(Cell())) == "demo-small·cpu·workshop"
    assert contents.run_name(make_result(Cell(streaming=False))) == "demo-small·cpu·unstreamed·workshop"
    repeated = replace(make_result(Cell()), cell="demo-small-cpu-on-r2", repeat=2)
    assert contents.run_name(repeated) == "demo-small·cpu·r2·workshop"


def test_parameters_are_a_short_list_of_short_values(tmp_path: Path) -> None:
    folder = make_run_folder(tmp_path, model="m" * 900)
    params = contents.run_params(read(folder))
    assert len(params["model.alias"]) == 500
    assert params["model.alias"].endswith("…")
    assert params["workload.rounds"] == "3"
    assert params["generation.temperature"] == "0.0"
    assert params["model.licence"] == "MIT"
    assert len(params) <= 25


def test_missing_config_leaves_the_other_parameters(tmp_path: Path) -> None:
    folder = make_run_folder(tmp_path)
    (folder / "config.yaml").unlink()
    params = contents.run_params(read(folder))
    assert "workload.rounds" not in params
    assert params["accel"] == "cpu"


def test_broken_config_is_a_sentence(tmp_path: Path) -> None:
    folder = make_run_folder(tmp_path)
    (folder / "config.yaml").write_text("a: [", encoding="utf-8")
    with pytest.raises(StoreError, match=r"config\.yaml: not readable as YAML"):
        contents.run_params(read(folder))


def test_tags_hold_the_commit_when_it_is_known() -> None:
    known = contents.run_tags(make_result(Cell(environment={"git_commit": "abc", "git_dirty": True})), 1)
    assert (known["git_commit"], known["git_dirty"]) == ("abc", "True")
    unknown = contents.run_tags(make_result(Cell(environment={"git_commit": None, "git_dirty": None})), 1)
    assert "git_commit" not in unknown
    assert "foundry.reason" not in unknown


def test_note_says_how_it_ended_and_what_to_doubt() -> None:
    note = contents.run_note(make_result(Cell(status="partial", reason="1 of 6 failed", warnings=("n is small",))))
    assert note.startswith("**partial**: 1 of 6 failed\n\nmedian first token 40 ms · ")
    assert note.endswith("- n is small")


def test_long_note_is_cut() -> None:
    assert len(contents.run_note(make_result(Cell(reason="x" * 9000, status="failed")))) == 4000


def test_table_has_one_row_a_prompt_from_the_first_measured_round(tmp_path: Path) -> None:
    folder = make_run_folder(tmp_path, ttft_ms=40.0, gap_ms=10.0)
    table = sample_table(read(folder))
    assert table["columns"] == list(COLUMNS)
    assert [row[:3] for row in table["data"]] == [
        [name, text, f"demo-small answers {name}."] for name, text in PROMPTS.items()
    ]
    assert table["data"][0][3:8] == [60.0, 40.0, 3, "stop", None]


def test_failed_request_is_a_row_with_its_error(tmp_path: Path) -> None:
    folder = make_run_folder(tmp_path, errors=("privacy",), status="partial", reason="1 failed")
    row = sample_table(read(folder))["data"][1]
    assert row[3:8] == [None, None, None, None, "timeout: no answer within 60 s"]


def test_cell_that_never_ran_has_rows_with_its_reason(tmp_path: Path) -> None:
    folder = make_run_folder(tmp_path, status="failed", reason="out of memory")
    rows = sample_table(read(folder))["data"]
    assert [(row[0], row[2], row[7]) for row in rows] == [(name, None, "out of memory") for name in PROMPTS]


def test_turns_of_a_conversation_are_told_apart(tmp_path: Path) -> None:
    folder = make_run_folder(tmp_path)
    run_folder.write_samples(folder, [Sample("a", (Message("system", "Be brief."), Message("user", "Why?")), "digest")])
    rows = sample_table(read(folder))["data"]
    assert rows[0][:2] == ["a", "system: Be brief.\n\nuser: Why?"]


def test_broken_prompt_list_is_a_sentence(tmp_path: Path) -> None:
    folder = make_run_folder(tmp_path)
    (folder / "prompts.json").write_text('{"a": 1}', encoding="utf-8")
    with pytest.raises(StoreError, match=r"prompts\.json: not a list of prompts"):
        sample_table(read(folder))


def test_the_table_has_each_answers_quality_points_and_rationales(tmp_path: Path) -> None:
    folder = make_run_folder(tmp_path, rounds=1)
    rules = ({"kind": "contains", "text": "privacy"}, {"kind": "sentences", "count": 1})
    run_folder.write_samples(folder, [replace(sample, facets=rules) for sample in run_folder.read_samples(folder)])
    score_folders([folder], "facets", Facets())
    first, second = (dict(zip(COLUMNS, row, strict=True)) for row in sample_table(read(folder))["data"])
    assert (first["quality"], second["quality"]) == (3.0, 5.0)
    assert first["scores"] == "facets/content 1\nfacets/instruction 5"
    assert first["rationales"] == "facets/content: lacks “privacy”\nfacets/instruction: sentences: 1, wanted 1"


def test_figures_of_another_device_are_not_published(tmp_path: Path) -> None:
    folder = make_run_folder(tmp_path)
    mismatched = replace(read_result(folder), status="device_mismatch", reason="asked for GPU, ran on the CPU.")
    assert contents.run_note(mismatched) == "**device_mismatch**: asked for GPU, ran on the CPU.\n"
    assert mismatched.shown_metrics == {}
    run_folder.write_result(folder, mismatched)
    assert sample_table(read(folder))["data"][0][3:5] == [None, None]


@pytest.mark.slow
def test_estimated_tokens_are_no_count(tmp_path: Path) -> None:
    folder = make_run_folder(tmp_path)
    records = folder / "records.jsonl"
    text = records.read_text(encoding="utf-8").replace('"token_source":"usage"', '"token_source":"events"')
    records.write_text(text, encoding="utf-8")
    assert sample_table(read(folder))["data"][0][5] is None
