"""Languages: how they are told."""

import json

import pytest

from foundry_exp.files import shipped_files
from foundry_exp.scores.facets import languages


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("The team agreed to replace the printer on floor two by Thursday.", "en"),
        ("Das Team verlängert den Mietvertrag um zwei Jahre.", "de"),
        ("Le conseil retient le premier devis pour la toiture.", "fr"),
        ("La tienda cierra dos semanas en agosto.", "es"),
        ("会議は月曜日に行われます。", "ja"),
        ("我们决定下周一再讨论这个问题。", "zh"),
    ],
)
def test_a_sentence_is_of_its_language_and_of_no_other(text: str, code: str) -> None:
    assert languages.is_in_language(text, {"code": code}).value == 5.0
    assert languages.is_in_language(text, {"code": "it"}).value == 1.0


@pytest.mark.parametrize("text", ["Yes.", "Ja", "12,5", "A cat."])
def test_a_text_too_short_to_tell_is_unscored(text: str) -> None:
    result = languages.is_in_language(text, {"code": "en"})
    assert result.value is None
    assert "too short" in result.reason


def test_the_schema_allows_the_languages_that_can_be_told() -> None:
    schema = json.loads((shipped_files.shipped("schemas") / "prompts.schema.json").read_text(encoding="utf-8"))
    codes = schema["$defs"]["language"]["properties"]["code"]["enum"]
    assert set(codes) == set(languages._identifier().labels) - {"zxx"}


def test_what_is_known_of_languages_is_of_languages_that_can_be_told() -> None:
    codes = set(languages._identifier().labels)
    for code, language in languages.LANGUAGES.items():
        assert {code, *language.varieties.split()} <= codes
