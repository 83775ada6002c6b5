"""Rubrics: what is read of one, what its digest stands for, and what is said of a bad one."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from foundry_exp.errors import ConfigError
from foundry_exp.files import shipped_files
from foundry_exp.prompts import rubric
from foundry_exp.records.score import ANNOTATION, BEST, FACETS, JUDGE, POINTS, WORST

SHIPPED = sorted((shipped_files.shipped("prompts") / "rubrics").glob("*.yaml"))


def content(**changes: Any) -> dict[str, Any]:
    criterion = {
        "name": "coverage",
        "question": "Is it all there?",
        "weight": 2,
        "anchors": {points: f"{points} of 5" for points in POINTS},
    }
    return {"name": "mine", "version": 1, "judged": "A summary.", "criteria": [criterion], **changes}


def written(folder: Path, value: Any) -> Path:
    path = folder / "mine.yaml"
    path.write_text(value if isinstance(value, str) else yaml.safe_dump(value), encoding="utf-8")
    return path


def complaint(folder: Path, value: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        rubric.load(written(folder, value))
    return str(caught.value)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_rubric_is_named_like_its_file(path: Path) -> None:
    loaded = rubric.load(path)
    assert loaded.name == path.stem
    assert rubric.find(loaded.name, "here") == path
    assert loaded.identity == f"{path.stem}:{loaded.digest}"
    assert len(loaded.digest) == 16


def test_text_changes_the_digest_and_layout_does_not(tmp_path: Path) -> None:
    first = rubric.load(written(tmp_path, content()))
    laid_out = "# a comment\n" + yaml.safe_dump(content(), default_flow_style=True)
    assert rubric.load(written(tmp_path, laid_out)).digest == first.digest
    assert rubric.load(written(tmp_path, content(judged="An answer."))).digest != first.digest


def schema(name: str) -> Any:
    return json.loads((shipped_files.shipped("schemas") / f"{name}.schema.json").read_text(encoding="utf-8"))


def test_no_criterion_can_be_named_like_a_scorer() -> None:
    criterion = schema("rubric")["properties"]["criteria"]["items"]["properties"]["name"]
    for refused in (criterion["not"]["enum"], schema("prompts")["$defs"]["name"]["not"]["enum"]):
        assert {FACETS, JUDGE, ANNOTATION} <= set(refused)


def test_the_schemas_written_by_hand_have_the_scale_of_scores() -> None:
    anchors = schema("rubric")["properties"]["criteria"]["items"]["properties"]["anchors"]
    assert [*anchors["properties"]] == anchors["required"] == [str(points) for points in POINTS]
    answer = schema("calibration")["properties"]["prompts"]["items"]["properties"]["answers"]["items"]
    agreed = answer["properties"]["agreed"]["additionalProperties"]
    assert (agreed["minimum"], agreed["maximum"]) == (WORST, BEST)
    constraint = schema("decision")["properties"]["constraints"]["properties"]["quality"]
    assert (constraint["minimum"], constraint["maximum"]) == (WORST, BEST)


@pytest.mark.parametrize("weight", [0, -1, "much", True, None, float("nan"), float("inf")])
def test_a_wrong_weight_is_named_with_its_key(tmp_path: Path, weight: object) -> None:
    bad = content()
    bad["criteria"][0]["weight"] = weight
    said = complaint(tmp_path, bad)
    assert "mine.yaml: criteria.0.weight: must be" in said
    assert "change the value" in said


def test_a_missing_anchor_is_named(tmp_path: Path) -> None:
    bad = content()
    del bad["criteria"][0]["anchors"][3]
    assert "criteria.0.anchors: the key '3' is missing" in complaint(tmp_path, bad)


def test_a_sixth_anchor_is_refused(tmp_path: Path) -> None:
    bad = content()
    bad["criteria"][0]["anchors"][6] = "beyond"
    assert "criteria.0.anchors: unknown key '6'" in complaint(tmp_path, bad)


def test_two_criteria_of_one_name_are_refused(tmp_path: Path) -> None:
    one = content()["criteria"][0]
    assert "criteria.1.name: 'coverage' is taken" in complaint(tmp_path, content(criteria=[one, dict(one)]))


def test_a_key_that_is_there_twice_is_refused_with_its_line(tmp_path: Path) -> None:
    text = yaml.safe_dump(content(), sort_keys=False)
    assert "the key 'judged' is there twice; keep one" in complaint(tmp_path, f"{text}judged: Something else.\n")
    twice = text.replace("    2: 2 of 5\n", "    2: 2 of 5\n    2: also\n")
    line = twice.splitlines().index("    2: also") + 1
    assert f"mine.yaml:{line}: the key '2' is there twice" in complaint(tmp_path, twice)


def test_an_alias_within_what_it_stands_for_is_refused(tmp_path: Path) -> None:
    assert "mine.yaml" in complaint(tmp_path, "&a {<<: *a}\n")


def test_half_a_surrogate_pair_is_refused(tmp_path: Path) -> None:
    text = yaml.safe_dump(content()).replace("question: ", 'question: "\\ud800" #', 1)
    assert "mine.yaml: not YAML (half a surrogate pair is no text)" in complaint(tmp_path, text)


@pytest.mark.parametrize("text", ["name: [unclosed", "\tname: x", ""])
def test_what_is_not_a_rubric_is_said_with_the_file(tmp_path: Path, text: str) -> None:
    assert "mine.yaml" in complaint(tmp_path, text)


def test_a_file_in_another_encoding_is_said(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes("judged: Zürich".encode("latin-1"))
    with pytest.raises(ConfigError, match="not UTF-8"):
        rubric.load(path)


def test_an_unknown_rubric_offers_a_near_one() -> None:
    with pytest.raises(ConfigError, match="did you mean summary"):
        rubric.find("sumary", "prompts.json: entry 1: rubric")
