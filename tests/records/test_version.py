"""One rule for every file that carries a version: newer is refused, older is brought up to date step by step."""

from pathlib import Path
from typing import Any

import pytest

from foundry_exp.errors import ConfigError, StoreError
from foundry_exp.records.version import Format

PLACE = Path("folder") / "list.json"


def doubled(content: dict[str, Any], _path: Path) -> dict[str, Any]:
    return {**content, "value": content["value"] * 2}


@pytest.mark.parametrize(
    ("content", "current"),
    [
        ({"schema_version": 4, "value": 1}, {"schema_version": 4, "value": 1}),
        ({"schema_version": 3, "value": 1}, {"schema_version": 4, "value": 2}),
        ({"schema_version": 2, "value": 1}, {"schema_version": 4, "value": 2}),
        ({"schema_version": 1, "value": 1}, {"schema_version": 4, "value": 4}),
        ({"value": 1}, {"value": 4}),
    ],
)
def test_an_older_one_goes_through_every_step(content: dict[str, Any], current: dict[str, Any]) -> None:
    assert Format("a list", 4, steps={1: doubled, 3: doubled}).current(content, PLACE) == current


@pytest.mark.parametrize("error", [StoreError, ConfigError])
def test_a_newer_one_is_refused_in_one_sentence(error: type[StoreError | ConfigError]) -> None:
    with pytest.raises(error) as caught:
        Format("a list", 4, error=error).current({"schema_version": 5}, PLACE)
    assert str(caught.value) == (
        f"{PLACE}: a list in version 5, and this foundry_exp reads up to version 4; "
        "upgrade the tool (python -m pip install --upgrade foundry-exp)."
    )


@pytest.mark.parametrize("content", [[], None, "text", {"schema_version": "5"}, {"schema_version": None}])
def test_what_is_no_such_file_is_left_to_its_reader(content: Any) -> None:
    assert Format("a list", 4).current(content, PLACE) == content


def test_a_file_of_people_is_known_without_its_version() -> None:
    said = {"schema_version": 1, "value": 1}
    assert Format("a rubric", 1).of_people(said, PLACE) == Format("a rubric", 1).of_people({"value": 1}, PLACE)


@pytest.mark.parametrize("text", [b"", b"{", b"\xff", b"[" * 100_000, b'{"schema_version": 4}'])
def test_text_that_needs_no_change_is_the_same_to_the_byte(text: bytes) -> None:
    assert Format("a list", 4).current_json(text, PLACE) is text
