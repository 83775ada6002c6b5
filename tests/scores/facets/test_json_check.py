"""The rule that an answer is JSON of a given shape."""

from typing import Any

import pytest

from foundry_exp.scores.facets import json_check
from foundry_exp.scores.facets.json_check import json_schema

SCHEMA = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string", "pattern": "^[a-z]+$"}}}


@pytest.mark.parametrize(
    ("answer", "points"),
    [
        ('{"name": "lena"}', 5.0),
        ('```json\n{"name": "lena"}\n```', 5.0),
        ('{"name": "Lena"}', 3.0),
        ("[]", 3.0),
        ('Here it is: {"name": "lena"}', 1.0),
        ('{"name": "lena"', 1.0),
        ('{"name": NaN}', 1.0),
        ("[" * 5000, 1.0),
        ("1" * 6000, 1.0),
        ("prose", 1.0),
    ],
)
def test_json_of_the_shape_of_another_and_none(answer: str, points: float) -> None:
    assert json_schema(answer, {"schema": SCHEMA}).value == points


def test_the_reason_names_the_key() -> None:
    assert "name: " in json_schema('{"name": 3}', {"schema": SCHEMA}).reason


@pytest.mark.parametrize("schema", [{"$ref": "#"}, {"pattern": r"^(a|a?)+(b|\1c)$"}])
def test_a_check_that_does_not_end_is_given_up(schema: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_check, "PATTERN_TIMEOUT_S", 0.05)
    result = json_schema('"' + "a" * 3000 + '"', {"schema": schema})
    assert result.value is None
    assert "gave up" in result.reason
