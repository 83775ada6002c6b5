"""Rules about form: how sentences, items and words are told."""

import pytest

from foundry_exp.scores.facets import form_checks
from foundry_exp.scores.facets.form_checks import count_items, count_sentences


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("One sentence.", 1),
        ("No full stop", 1),
        ("One. Two! Three?", 3),
        ("Mr. Novak collects the forms. Bring snacks.", 2),
        ("Version 2.4 costs 3.50 euro. It ships.", 2),
        ("Das Lager schließt am 3. Februar um acht. Dann ist Ruhe.", 2),
        ("Wir treffen uns z. B. am 12. mai wieder.", 1),
        ("J. R. Smith wrote it, e.g. in May.", 1),
        ("He said “Stop.” Then he left.", 2),
        ("Wait... what? Yes…", 3),
        ("The answer is no. We go on.", 2),
        ("Then I left. It was late.", 2),
        ("It took an hour, etc. Then we left.", 2),
        ("会議は月曜日です。準備します。", 2),
        ("1. First thing.\n2. Second thing\n- Third", 3),
        ("A title\n\nA paragraph. Of two.", 3),
        ("", 0),
        ("...", 0),
    ],
)
def test_sentences_are_counted(text: str, count: int) -> None:
    assert count_sentences(text) == count


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("1. a\n2. b\n3. c", 3),
        ("Here they are:\n- a\n- b\n  - nested\n  - nested\n- c", 3),
        ("* a\n* b", 2),
        ("a) one\nb) two", 2),
        ("(1) one (2) two (3) three", 3),
        ("1. one 2. two 3. three", 3),
        ("- only one", 1),
        ("Privacy, speed and cost.", 0),
        ("On 3. May we met 4. times", 0),
        ("- 5 apples\n- 6 pears", 2),
    ],
)
def test_list_items_are_counted(text: str, count: int) -> None:
    assert count_items(text) == count


@pytest.mark.parametrize(
    ("words", "points"), [(4, 5.0), (10, 5.0), (15, 3.0), (20, 1.0), (500, 1.0), (2, 3.0), (1, 2.0)]
)
def test_length_loses_points_in_step_until_twice_the_most(words: int, points: float) -> None:
    result = form_checks.length("word " * words, {"min_words": 4, "max_words": 10})
    assert result.value == points
    assert result.reason == f"words: {words}, wanted 4 to 10"


def test_the_worse_of_two_lengths_counts() -> None:
    assert form_checks.length("abcdefghij", {"max_words": 5, "max_characters": 5}).value == 1.0


@pytest.mark.parametrize(
    ("options", "is_met"),
    [
        ({"count": 2}, True),
        ({"count": 3}, False),
        ({"min": 2}, True),
        ({"max": 1}, False),
        ({"min": 1, "max": 2}, True),
    ],
)
def test_counts_are_exact_or_within_bounds(options: dict[str, int], is_met: bool) -> None:
    assert form_checks.sentences("One. Two.", options).value == (5.0 if is_met else 1.0)
    assert form_checks.items("- one\n- two", options).value == (5.0 if is_met else 1.0)
