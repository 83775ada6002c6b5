"""Rules about what an answer says: what counts as there, and how figures are read."""

import pytest

from foundry_exp.scores.facets import text_checks
from foundry_exp.scores.facets.text_checks import readings


@pytest.mark.parametrize(
    ("answer", "wanted", "is_there"),
    [
        ("Ben orders 150 doses.", "Ben", True),
        ("The benefit is clear.", "Ben", False),
        ("done by 3 June", "3 June", True),
        ("done by 13 June", "3 June", False),
        ("the 18\u00a0March\nrelease", "18 march", True),
        ("Cafe\u0301 is open", "Café", True),
        ("d’ici vendredi", "d'ici", True),
        ("Straße", "STRASSE", True),
        ("well (done)!", "(done)", True),
    ],
)
def test_a_text_is_found_as_whole_words_however_it_is_spelt(answer: str, wanted: str, is_there: bool) -> None:
    assert text_checks.contains(answer, {"text": wanted}).value == (5.0 if is_there else 1.0)
    assert text_checks.not_contains(answer, {"text": wanted}).value == (1.0 if is_there else 5.0)
    assert text_checks.any_of(answer, {"texts": ["nowhere", wanted]}).value == (5.0 if is_there else 1.0)


def test_case_and_parts_of_words_count_when_asked() -> None:
    assert text_checks.contains("tokyo", {"text": "Tokyo", "ignore_case": False}).value == 1.0
    assert text_checks.contains("benefit", {"text": "ben", "whole_words": False}).value == 5.0


def test_a_reason_says_what_was_looked_for_and_found() -> None:
    assert text_checks.contains("x", {"text": "Lena"}).reason == "lacks “Lena”"
    assert text_checks.any_of("Lena", {"texts": ["Tom", "Lena"]}).reason == "has “Lena”"
    assert text_checks.any_of("Ben", {"texts": ["Tom", "Lena"]}).reason == "lacks “Tom” / “Lena”"
    assert text_checks.number_equals("4 or 5", {"value": 3}).reason == "lacks the number 3; has 4, 5"


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("9,500", {9500, 9.5}),
        ("9.500", {9500, 9.5}),
        ("1,234,567", {1234567}),
        ("1.234,5", {1234.5}),
        ("1,234.5", {1234.5}),
        ("23 500", {23500}),
        ("0.35", {0.35}),
        ("64k", {64000}),
        ("-7", {-7}),
        ("12.", {12}),
    ],
)
def test_figures_are_read_in_every_usual_way(text: str, values: set[float]) -> None:
    assert set(readings(text)) == values


@pytest.mark.parametrize(
    ("answer", "value", "is_there"),
    [
        ("about 9,500 euro", 9500, True),
        ("about 9 500 euro", 9500, True),
        ("19,500 euro", 9500, False),
        ("version 2.4 on 18 March", 18, True),
        ("B12 vitamins", 12, False),
        ("2027-03-09", 9, True),
        ("8/10", 8, True),
        ("between 3–5", 5, True),
        ("a total of 8.20.", 8.2, True),
        ("nine thousand", 9000, False),
    ],
)
def test_a_number_is_found_in_a_sentence(answer: str, value: float, is_there: bool) -> None:
    assert text_checks.number_equals(answer, {"value": value}).value == (5.0 if is_there else 1.0)


def test_a_tolerance_is_kept() -> None:
    assert text_checks.number_equals("3.1", {"value": 3.14, "tolerance": 0.05}).value == 5.0
    assert text_checks.number_equals("3.0", {"value": 3.14, "tolerance": 0.05}).value == 1.0


@pytest.mark.slow
def test_a_pattern_that_backtracks_for_ever_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_checks, "PATTERN_TIMEOUT_S", 0.05)
    quick = text_checks.pattern("x" * 20_000, {"pattern": "(?:x+x+)+y(?<=z)|(x+x+)+y"})
    slow = text_checks.pattern("a" * 5000, {"pattern": r"(a|a?)+(b|\1c)"})
    assert {quick.value, slow.value} <= {None, 1.0}
    assert slow.value is None
    assert "gave up" in slow.reason


def test_similarity_is_points_from_chrf_20_to_70() -> None:
    reference = "Lena will send Tom the API key today."
    assert text_checks.similarity(reference, {"reference": reference}).value == 5.0
    assert text_checks.similarity("Quiet rooms need fresh paint.", {"reference": reference}).value == 1.0
    near = text_checks.similarity("Lena sends the key to Tom today.", {"reference": reference}).value
    assert near is not None
    assert 1.0 < near < 5.0
