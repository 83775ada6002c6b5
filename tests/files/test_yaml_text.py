"""YAML that this tool wrote is read by libyaml; what is nested without end is read by Python, which only refuses it."""

import pytest
import yaml

from foundry_exp.files import yaml_text


@pytest.mark.parametrize("text", ["- " * 50_000 + "1", "? " * 50_000 + "1", "[" * 300, "a:\n" + " " * 200_000 + "b: 1"])
def test_what_is_nested_without_end_ends_no_process(text: str) -> None:
    try:
        yaml_text.parse(text, quick=True)
    except yaml.YAMLError:
        return
    assert text.startswith("a:"), "only what is not nested is read"


def test_both_ways_read_the_same() -> None:
    text = yaml.safe_dump({"model": {"alias": "a", "on": "on"}, "rounds": 3, "rate": 0.5, "none": None, "words": ["é"]})
    assert yaml_text.parse(text, quick=True) == yaml_text.parse(text)
