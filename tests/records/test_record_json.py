"""What one part writes, any other reads back."""

from dataclasses import replace

import pytest

from foundry_exp.records import record_json
from foundry_exp.records.record import Record, RequestError
from foundry_exp.records.record_json import NotTheRecordError
from foundry_exp.records.score import Score
from tests.record_factory import make_record

SCORE = Score("a", "1", "facets", "all", 4.0, "why", 1.0, "rules", "2026-01-01T00:00:00Z", "r:1")


def test_a_line_is_what_the_schema_of_its_kind_describes() -> None:
    failed = replace(make_record(), error=RequestError("http_503", "busy", 2.5))
    described = record_json.adapter(Record).dump_python(failed, mode="json", by_alias=True)
    assert record_json.plain(failed) == described
    assert record_json.plain(failed)["error"]["class"] == "http_503"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_is_none_is_null(value: float) -> None:
    line = record_json.to_json(replace(SCORE, value=value))
    assert record_json.from_json(Score, line).value is None


def test_half_a_pair_is_replaced_and_both_halves_are_one_character() -> None:
    line = record_json.to_json(replace(SCORE, reason="\ud83d \ud83d\ude00"))
    assert record_json.from_json(Score, line).reason == "� 😀"


@pytest.mark.parametrize(
    ("text", "why"), [(b"[", "Invalid JSON"), (b"{}", r"sample_id: "), (b'{"a": NaN}', "sample_id: ")]
)
def test_what_is_not_the_record_says_where(text: bytes, why: str) -> None:
    with pytest.raises(NotTheRecordError, match=why):
        record_json.from_json(Record, text)
