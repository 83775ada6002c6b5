"""Bad facets in a prompt set: each is refused before a run, with its entry and the way out."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from foundry_exp.cli import main
from foundry_exp.errors import ConfigError
from foundry_exp.files import shipped_files
from foundry_exp.scores.facets import kinds
from tests.conftest import SCRIPTED

BAD: list[tuple[Any, list[str]]] = [
    ({"kind": "contain", "text": "x"}, ["facets.0.kind", '"contain"', "did you mean contains"]),
    ({"text": "x"}, ["facets.0", "'kind' is missing"]),
    ({"kind": "contains"}, ["facets.0", "'text' is missing"]),
    ({"kind": "contains", "txt": "x"}, ["facets.0", "unknown key 'txt'", "did you mean text"]),
    ({"kind": "contains", "text": "x", "weight": 0}, ["facets.0.weight", "more than 0"]),
    ({"kind": "contains", "text": "x", "criterion": "judge"}, ["facets.0.criterion", "judge"]),
    ({"kind": "regex", "pattern": "(["}, ["(b): facets.0.pattern", "not a pattern", "(["]),
    ({"kind": "regex", "pattern": "((a{9999}){9999}){9999}"}, ["facets.0.pattern", "repeats"]),
    ({"kind": "json_schema", "schema": {"type": "objekt"}}, ["facets.0.schema.type", "not a JSON Schema"]),
    ({"kind": "json_schema", "schema": {"pattern": "("}}, ["facets.0.schema.pattern", "'('"]),
    ({"kind": "json_schema", "schema": {"$ref": "https://example.org/x"}}, ["facets.0.schema", "$ref"]),
    ({"kind": "json_schema", "schema": {"$ref": "#/$defs/none"}}, ["facets.0.schema", "#/$defs/none"]),
    ({"kind": "json_schema", "schema": 3}, ["facets.0.schema", "JSON Schema"]),
    ({"kind": "length"}, ["facets.0", "at least one of min_words"]),
    ({"kind": "length", "min_words": 5, "max_words": 2}, ["facets.0.min_words", "no answer can have both"]),
    ({"kind": "sentences", "count": "two"}, ["facets.0.count", "whole number"]),
    ({"kind": "language", "code": "eng"}, ["facets.0.code", "did you mean en"]),
    ({"kind": "similarity"}, ["(b): facets.0", "reference"]),
    (3, ["facets.0", "must be a text or an object"]),
]


README = Path(__file__).parents[3] / "README.md"


def test_the_schema_and_the_readme_have_every_kind_and_no_other() -> None:
    definitions = json.loads((shipped_files.shipped("schemas") / "prompts.schema.json").read_text())["$defs"]
    assert set(definitions["facet"]["properties"]["kind"]["enum"]) == set(kinds.KINDS)
    assert {name: definitions[name]["properties"]["kind"] for name in kinds.KINDS} == {
        name: {"const": name} for name in kinds.KINDS
    }
    table = README.read_text(encoding="utf-8").partition("| kind | keys |")[2].partition("\n\n")[0]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()[2:]]
    criteria = {kind: row[3] for row in rows for kind in re.findall(r"`(\w+)`", row[0])}
    assert set(criteria) == set(kinds.KINDS)
    assert all(f"`{kind.criterion}`" in criteria[name] for name, kind in kinds.KINDS.items())


@pytest.mark.parametrize(("facet", "said"), BAD)
def test_a_bad_facet_is_named_with_its_entry(tmp_path: Path, facet: Any, said: list[str]) -> None:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps([{"id": "a", "prompt": "One?"}, {"id": "b", "prompt": "Two?", "facets": [facet]}]))
    with pytest.raises(ConfigError) as caught:
        kinds.load(path, "mine")
    message = str(caught.value)
    assert "mine.json: entry 2" in message
    assert [part for part in said if part not in message] == [], message


def test_a_number_that_json_does_not_have_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text('[{"prompt": "p", "facets": [{"kind": "contains", "text": "x", "weight": NaN}]}]')
    with pytest.raises(ConfigError, match="NaN"):
        kinds.load(path, "mine")


def test_an_unknown_rubric_is_refused_with_its_entry(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text('[{"prompt": "p", "rubric": "sumary"}]')
    with pytest.raises(ConfigError, match=r"entry 1 \(prompt-1\): rubric: .*did you mean summary"):
        kinds.load(path, "mine")


@pytest.mark.slow
def test_the_command_refuses_it_before_anything_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.json"
    path.write_text('[{"prompt": "p", "facets": [{"kind": "contain", "text": "x"}]}]')
    output = tmp_path / "out"
    assert main.main([*SCRIPTED, f"prompts.path={path}", f"output_dir={output}"]) == 2
    assert "did you mean contains" in capsys.readouterr().err
    assert not output.exists()
