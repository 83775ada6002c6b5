"""The scorer `facets`: from a prompt's facets and an answer to points by criterion."""

from pathlib import Path
from typing import Any

import pytest

from foundry_exp.files import shipped_files
from foundry_exp.prompts import prompt_sets
from foundry_exp.protocols import Scorer
from foundry_exp.records import run_folder
from foundry_exp.records.record import Message, Sample
from foundry_exp.scores.facets import kinds
from foundry_exp.scores.facets.scorer import Facets, by_criterion, criterion_points
from tests.run_folders import make_run_folder
from tests.scores.scoring import score_folders

SETS = shipped_files.shipped("prompts") / "sets"


def sample(*entries: Any, reference: str | None = None, sample_id: str = "a") -> Sample:
    return Sample(sample_id, (Message("user", "?"),), "d", reference=reference, facets=entries)


def points(text: str, asked: Sample) -> dict[str, float | None]:
    return {name: criterion_points(text, group).value for name, group in by_criterion(asked).items()}


def contains(text: str, **options: object) -> dict[str, object]:
    return {"kind": "contains", "text": text, **options}


def test_facets_of_one_criterion_average_by_weight() -> None:
    asked = sample(contains("Lena"), contains("Friday", weight=3), {"kind": "sentences", "count": 1}, "is polite")
    assert points("Lena goes.", asked) == {"content": 2.0, "instruction": 5.0}
    assert points("By Friday.", asked) == {"content": 4.0, "instruction": 5.0}


def test_a_facet_can_name_its_criterion() -> None:
    assert points("x", sample(contains("Lena", criterion="owners"))) == {"owners": 1.0}


def test_an_empty_answer_is_worst_by_every_criterion() -> None:
    asked = sample({"kind": "not_contains", "text": "x"}, {"kind": "language", "code": "en"})
    assert points(" \n", asked) == {"instruction": 1.0, "language": 1.0}


def test_a_facet_that_cannot_be_told_leaves_its_criterion_unscored() -> None:
    asked = sample({"kind": "language", "code": "en"}, contains("yes", criterion="language"))
    assert points("Yes.", asked) == {"language": None}


def test_an_answer_too_long_for_rules_is_told_by_its_length_alone() -> None:
    endless = "word " * 10_000
    assert points(endless, sample({"kind": "length", "max_words": 9000})) == {"instruction": 4.56}
    missing = sample({"kind": "not_contains", "text": "late"}, contains("late"))
    assert points(endless + "late", missing) == {"instruction": None, "content": None}


def test_a_run_is_scored_and_its_weights_make_the_quality(tmp_path: Path) -> None:
    folder = make_run_folder(tmp_path, rounds=1, answers={"retrieval": "Lena goes.", "privacy": "No."})
    rules = (contains("Lena"), contains("Friday"), {"kind": "sentences", "count": 1, "weight": 2})
    run_folder.write_samples(folder, [sample(*rules, sample_id="retrieval"), sample(*rules, sample_id="privacy")])
    scorer: Scorer = Facets()
    result = score_folders([folder], "facets", scorer)[0]
    assert result.quality_source == "facets"
    assert result.metrics["quality"]["mean"] == pytest.approx((4.0 + 3.0) / 2)
    assert result.metrics["quality/content"]["mean"] == 2.0
    assert result.metrics["quality_coverage"] == 1.0
    made = run_folder.read_scores(folder)
    assert {each.rubric for each in made} == {kinds.identity(run_folder.read_samples(folder))}
    assert {each.scored_by for each in made} == {"rules"}
    assert made[0].reason == "has “Lena”; lacks “Friday”"


def test_a_run_without_facets_has_no_quality_and_a_reason(tmp_path: Path) -> None:
    result = score_folders([make_run_folder(tmp_path)], "facets", Facets())[0]
    assert result.metrics["quality"] is None
    assert "facets" in result.missing["quality"]


def test_the_identity_is_of_what_rules_look_at() -> None:
    one = kinds.identity([sample(contains("a"))])
    assert one.startswith("facets:")
    assert one == kinds.identity([sample(contains("a"), "a sentence for people", reference="unused")])
    assert one != kinds.identity([sample(contains("b"))])
    close = {"kind": "similarity"}
    assert kinds.identity([sample(close, reference="x")]) != kinds.identity([sample(close, reference="y")])


@pytest.mark.parametrize("name", ["meeting-notes", "workshop", "instructions", "json-output"])
def test_a_shipped_set_loads_with_facets_on_every_prompt(name: str) -> None:
    prompt_set = prompt_sets.load(SETS / f"{name}.json", name)
    assert all(by_criterion(each) and each.rubric for each in prompt_set.samples)


@pytest.mark.slow
def test_the_meeting_notes_are_many_in_several_languages_and_their_references_are_perfect() -> None:
    notes = prompt_sets.load(SETS / "meeting-notes.json", "meeting-notes").samples
    assert len(notes) >= 20
    languages = {facet.options["code"] for each in notes for facet in kinds.facets_of(each) if facet.kind == "language"}
    assert languages == {"en", "de", "fr", "es"}
    for each in notes:
        assert set(points(each.reference or "", each).values()) == {5.0}, each.sample_id


GOOD_ANSWERS = {
    "two-sentences": "Sunlight is scattered by air, and blue light most of all. So blue reaches us from everywhere.",
    "lower-case": "the capital is tokyo.",
    "upper-case": "CAUTION: WET FLOOR!",
    "in-german": "Im Herbst verlieren die Blätter ihr Chlorophyll, und andere Farbstoffe werden sichtbar.",
    "number-only": "210",
    "start-and-end": "Waves roll in all night. By morning they have cleaned the shore.",
    "system-bullets": "- Disks fail without warning\n- People delete files\n- Theft takes the whole machine",
    "commas": "Maths, reading, music, sport",
    "contact": '{"name": "Dr. Elif Kaya", "phone": "030 5550 142", "room": 12}',
    "three-colours": '["red", "green", "blue"]',
    "meeting": '{"date": "2027-03-09", "time": "10:15", "note_taker": "Ines"}',
    "sentiment": '{"sentiment": "mixed", "reason": "It broke."}',
    "order": '{"items": [{"name": "notebook", "count": 2, "price": 3.50}, {"name": "pen", "count": 1, "price": 1.2}],'
    ' "total": 8.20}',
    "true-false": '{"a": false, "b": true}',
    "action-items": '[{"who": "Lena", "what": "sends the contract", "when": "by Friday"},'
    ' {"who": "Tom", "what": "books the room", "when": null}]',
    "nothing-found": '{"prices": []}',
    "forbidden-words": "A lemon tastes sharp and fresh, and it makes your mouth water.",
    "word-limit": "Two wheels in a line, joined by a frame with a seat; you push pedals and it rolls.",
    "five-items": "1. Jacket\n2. Boots\n3. Map\n4. Water\n5. Socks",
    "in-french": "Une bibliothèque sert à emprunter des livres. On peut aussi y travailler au calme.",
}


@pytest.mark.parametrize("name", ["instructions", "json-output"])
def test_an_answer_that_follows_the_instruction_is_perfect_and_a_wrong_one_is_not(name: str) -> None:
    for each in prompt_sets.load(SETS / f"{name}.json", name).samples:
        assert set(points(GOOD_ANSWERS[each.sample_id], each).values()) == {5.0}, each.sample_id
        assert min(value or 5 for value in points("Nothing was decided. It is. So.", each).values()) < 5, each.sample_id
