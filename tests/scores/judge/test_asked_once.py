"""No judge is asked twice for what it has said, not even after another judge or another rubric."""

import json

import pytest

from tests.scores.judge.conftest import CRITERIA, THRESHOLDS, Court
from tests.scores.scoring import score_folders

pytestmark = pytest.mark.real

CALIBRATION_ASKED = 39 * CRITERIA + 10 * CRITERIA
"""Every answer once, and each fourth one again."""


def test_a_judge_is_loaded_once_for_all_runs_and_asked_once_for_answers_that_are_alike(court: Court) -> None:
    same = {"retrieval": "The same.", "privacy": "The same."}
    folders = [court.run_folder(model, answers=same) for model in ("demo-small", "demo-large")]
    score_folders(folders, "judge", court.judge(calibration=None))
    assert (court.noted("load"), court.noted("unload")) == (1, 1)
    assert court.noted("ask") == 2 * CRITERIA
    assert [len(court.scores(folder)) for folder in folders] == [2 * CRITERIA] * 2


def test_nothing_is_asked_twice_of_the_same_judge_not_even_its_calibration(court: Court) -> None:
    folder = court.run_folder(rounds=1)
    first = court.score(folder, court.judge())
    assert court.noted("ask") == CALIBRATION_ASKED + 2 * CRITERIA
    again = court.score(folder, court.judge())
    assert court.noted("ask") == CALIBRATION_ASKED + 2 * CRITERIA
    assert again.scores == first.scores
    (kept,) = (court.place / "judges").glob("*.json")
    assert json.loads(kept.read_text(encoding="utf-8"))["figures"]["kappa"] == 1.0


def test_a_lower_threshold_counts_without_asking_again(court: Court) -> None:
    folder = court.run_folder(rounds=1)
    assert court.score(folder, court.judge("constant")).quality_source is None
    asked = court.noted("ask")
    lenient = {**THRESHOLDS, "kappa": 0.0, "self_consistency": 0.0, "unparseable": 1.0, "length_correlation": 2.0}
    assert court.score(folder, court.judge("constant", thresholds=lenient)).quality_source == "judge"
    assert court.noted("ask") == asked


def test_a_judge_that_is_asked_again_after_another_one_counts_again_and_nothing_is_asked_twice(court: Court) -> None:
    folder = court.run_folder(rounds=1)
    first = court.score(folder, court.judge("perfect"))
    assert court.score(folder, court.judge("constant")).quality_source is None
    asked = court.noted("ask")
    again = court.score(folder, court.judge("perfect"))
    assert (court.noted("ask"), again.scores) == (asked, first.scores)
    assert again.quality_source == "judge"
    lines = court.scores(folder)
    assert court.score(folder, court.judge("perfect")).scores == first.scores
    assert court.scores(folder) == lines, "said once"


def test_a_rubric_that_is_taken_again_counts_again(court: Court) -> None:
    folder = court.run_folder(rounds=1)
    first = court.score(folder, court.judge())
    court.score(folder, court.judge(rubric="answer"))
    asked = court.noted("ask")
    again = court.score(folder, court.judge())
    assert (court.noted("ask"), again.scores) == (asked, first.scores)


def test_a_broken_kept_calibration_is_made_again(court: Court) -> None:
    folder = court.run_folder(rounds=1)
    court.score(folder, court.judge())
    (kept,) = (court.place / "judges").glob("*.json")
    kept.write_text('{"figures": ', encoding="utf-8")
    result = court.score(folder, court.judge())
    standing = result.scores["judge"].standing
    assert standing is not None
    assert standing.trusted
    assert court.noted("ask") == 2 * CALIBRATION_ASKED + 2 * CRITERIA
