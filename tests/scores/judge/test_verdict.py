"""What counts as a score, and what is none: each kind of reply has its rule."""

import json

import pytest

from foundry_exp.scores.judge.verdict import SCORE, Unusable, Verdict, read

GOOD = '{"reason": "It names the owner.", "score": 4}'


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f"\n  {GOOD}\n",
        f"```json\n{GOOD}\n```",
        f"```\n{GOOD}\n```\n",
        '{"reason": "It names\\nthe owner.", "score": 4.0}',
    ],
)
def test_one_object_alone_or_in_a_fence_is_a_score(text: str) -> None:
    assert read(text, "stop", SCORE) == Verdict(4, "It names the owner.")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("It is a good answer: 4 of 5.", "not one JSON object"),
        ('{"reason": "It names the ow', "not one JSON object"),
        (f"{GOOD}\n{GOOD}", "not one JSON object"),
        (f"Here you are: {GOOD}", "not one JSON object"),
        (f"```json\n{GOOD}\n```\n```json\n{GOOD}\n```", "not one JSON object"),
        ('{"reason": "x", "score": 1, "score": 5}', "not one JSON object"),
        ('{"reason": "x", "score": 7}', "score: 7 is greater than the maximum of 5"),
        ('{"reason": "x", "score": 0}', "score: 0 is less than the minimum of 1"),
        ('{"reason": "x", "score": 4.5}', "score: 4.5 is not of type 'integer'"),
        ('{"reason": "x", "score": "4"}', "score: '4' is not of type 'integer'"),
        ('{"reason": "x", "score": true}', "score: True is not of type 'integer'"),
        ('{"reason": "x", "score": NaN}', "score: nan is not of type 'integer'"),
        ('{"reason": "", "score": 4}', "reason"),
        ('{"score": 4}', "'reason' is a required property"),
        ('{"reason": "x", "score": 4, "note": 1}', "Additional properties"),
        ("4", "4 is not of type 'object'"),
        ("[" * 100_000, "not one JSON object"),
        ("", "empty"),
        (" \n ", "empty"),
    ],
)
def test_everything_else_is_no_score_and_worth_a_repair(text: str, why: str) -> None:
    said = read(text, "stop", SCORE)
    assert isinstance(said, Unusable)
    assert why in said.problem
    assert said.retry


def test_a_reply_that_was_cut_off_is_no_score_even_if_it_reads_like_one() -> None:
    said = read(GOOD, "length", SCORE)
    assert isinstance(said, Unusable)
    assert "cut off at scorer.judge.max_tokens" in said.problem
    assert not said.retry, "it would be cut off again"


def test_a_reason_is_kept_short_and_can_be_written_to_a_file() -> None:
    said = read(json.dumps({"reason": "\ud800" + "long " * 100, "score": 2}), "stop", SCORE)
    assert isinstance(said, Verdict)
    assert len(said.reason) == 200
    assert said.reason.encode("utf-8")
