"""What a judge of pairs is asked, what counts as its verdict, and what two orders come to."""

import json

import pytest

from foundry_exp.prompts import rubric
from foundry_exp.records.record import Message, Sample
from foundry_exp.records.score import Preference, Preferred
from foundry_exp.scores.judge.pairwise.match import combined
from foundry_exp.scores.judge.pairwise.question import BETTER, question
from foundry_exp.scores.judge.verdict import Unusable, read
from tests.scores.judge.pairwise.played import shown

RUBRIC = rubric.load(rubric.find("summary", ""))
SAMPLE = Sample("s", (Message("user", "Summarise: Ines gets the job."),), "d", reference="Ines.", facets=("A name.",))


def test_it_holds_every_criterion_with_its_share_the_material_and_both_answers_in_their_order() -> None:
    (message,) = question(RUBRIC, SAMPLE, "She does.", "")
    for criterion in RUBRIC.criteria:
        assert criterion.question in message.content
    for part in ("- 36%: ", "- 9%: ", RUBRIC.judged, "Ines gets the job.", "Ines.", "A name."):
        assert part in message.content
    assert shown(message.content) == ("She does.", "(the answer is empty)")


@pytest.mark.parametrize(("better", "place"), [("A", "first"), ("B", "second"), ("tie", "tie")])
def test_a_verdict_names_a_place_or_none(better: str, place: str) -> None:
    assert read(json.dumps({"reason": "So it is.", "better": better}), "stop", BETTER) == (place, "So it is.")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("A is better.", "not one JSON object"),
        ('{"reason": "It is good", "bet', "not one JSON object"),
        ('{"reason": "x", "better": "C"}', "better: 'C' is not one of"),
        ('{"better": "A"}', "'reason' is a required property"),
        ('{"reason": "x", "better": "A", "better": "B"}', "not one JSON object"),
    ],
)
def test_anything_else_is_none(text: str, why: str) -> None:
    said = read(text, "stop", BETTER)
    assert isinstance(said, Unusable)
    assert why in said.problem


def preference(preferred: Preferred | None) -> Preference:
    return Preference("q", "s", "a", "b", preferred, "because", "judge:1@0", "2026-12-01T12:00:00+00:00", "summary:1")


@pytest.mark.parametrize(
    ("shown_first", "places_changed", "result", "place"),
    [
        ("first", "second", "first", None),
        ("second", "first", "second", None),
        ("tie", "tie", "tie", None),
        ("first", "first", "tie", "first"),
        ("second", "second", "tie", "second"),
        ("first", "tie", "tie", None),
        ("tie", "first", "tie", None),
        (None, "first", "unjudged", None),
        ("first", None, "unjudged", None),
    ],
)
def test_only_the_same_verdict_in_both_orders_is_a_win(
    shown_first: Preferred | None, places_changed: Preferred | None, result: str, place: str | None
) -> None:
    match = combined(preference(shown_first), preference(places_changed))
    assert (match.result, match.place) == (result, place)
