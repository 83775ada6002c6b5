"""How long a typical answer is, wherever one is spoken of."""

from pathlib import Path
from typing import Any

import pytest

from foundry_exp.config import compose
from foundry_exp.decide.compare import compare
from foundry_exp.decide.recommend import recommend
from foundry_exp.report import comparison_pages, recommendation_pages
from foundry_exp.results import candidates
from tests.decide.planted import BASE_GAP_MS, BASE_TTFT_MS, WORDS, plant

STATED = {"prompts": {"name": "notes", "digest": "c0ffee", "size": 20, "expected_tokens": 60}}
UNSTATED = {"prompts": {**STATED["prompts"], "expected_tokens": None}}


def two(folder: Path, **changes: Any) -> list[candidates.Candidate]:
    plant(folder, name="a", model="small", points=4.0, seed=1, **changes)
    plant(folder, name="b", model="large", points=4.0, slower=1.4, seed=2, **changes)
    return candidates.read([folder / "sweep"])


@pytest.mark.parametrize(
    ("changes", "tokens", "said"),
    [
        (STATED, 60, "A typical answer has 60 tokens, as the prompt set expects."),
        (UNSTATED, WORDS, f"A typical answer has {WORDS} tokens, the median of the compared models' own."),
    ],
)
def test_it_is_the_prompt_sets_and_else_the_median_and_it_is_said(
    tmp_path: Path, changes: dict[str, Any], tokens: int, said: str
) -> None:
    able = two(tmp_path, changes=changes)
    comparison = compare(able)
    assert comparison.expected.tokens == tokens
    assert said in comparison_pages.console(comparison)
    found = recommend(able, compose.section("decision", "default-summarizer", ["constraints.rss_peak_mb=null"]))
    assert said in recommendation_pages.console(found)
    options = {one.option.label: one.option.figures["typical_answer_ms"] for one in found.ranked}
    lengths = [1 + place % 5 / 10 for place in range(20)]
    expected = (BASE_TTFT_MS + tokens * BASE_GAP_MS) * sum(lengths) / len(lengths)
    assert options["small"] == pytest.approx(expected, rel=0.1)


def test_prompt_sets_that_disagree_leave_the_median(tmp_path: Path) -> None:
    plant(tmp_path, name="a", changes=STATED)
    plant(tmp_path, name="b", model="other", changes=UNSTATED)
    comparison = compare(candidates.read([tmp_path / "sweep"]))
    assert (comparison.expected.tokens, comparison.expected.is_stated) == (WORDS, False)


def test_estimated_counts_are_no_length(tmp_path: Path) -> None:
    plant(tmp_path, name="a", model="own", changes=UNSTATED)
    plant(tmp_path, name="b", model="guessed", changes=UNSTATED, token_source="events")
    for record in (tmp_path / "sweep" / "b" / "records.jsonl",):
        text = record.read_text(encoding="utf-8")
        record.write_text(text.replace(f'"completion_tokens":{WORDS}', '"completion_tokens":900'), encoding="utf-8")
    assert compare(candidates.read([tmp_path / "sweep"])).expected.tokens == WORDS


def test_without_any_count_there_is_no_length(tmp_path: Path) -> None:
    able = two(tmp_path, changes=UNSTATED, token_source="events")
    found = recommend(able, compose.section("decision", "default-summarizer", []))
    assert comparison_pages.document(compare(able))["expected_tokens"] is None
    assert recommendation_pages.document(found)["expected_tokens"] is None


def test_whose_whole_answer_stands_in_is_said(tmp_path: Path) -> None:
    plant(tmp_path, name="a", model="small", points=4.0, seed=1, changes=STATED)
    plant(tmp_path, name="b", model="guessed", points=4.0, seed=2, changes=STATED, token_source="events")
    found = recommend(candidates.read([tmp_path / "sweep"]), compose.section("decision", "default-summarizer", []))
    assert "The typical answer of guessed is the whole answer, of whatever length" in " ".join(found.remarks)
