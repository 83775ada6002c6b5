"""A judge stands for a cell where its trial shows that it can be believed, and is shown with its figures where not."""

from pathlib import Path
from typing import Any

import pytest

from tests.scores.judge.conftest import Court
from tests.scores.scoring import score_folders

pytestmark = pytest.mark.real


def test_a_perfect_judge_passes_and_stands_for_the_cell(court: Court) -> None:
    folder = court.run_folder()
    result = court.score(folder, court.judge())
    standing = result.scores["judge"].standing
    assert standing is not None
    assert (standing.trusted, standing.reason) == (True, None)
    assert standing.figures["kappa"] == 1.0
    assert standing.figures["self_consistency"] == 1.0
    assert standing.figures["unparseable"] == 0.0
    assert standing.figures["length_correlation"] == pytest.approx(0.0)
    assert (result.quality_source, result.metrics["quality"]["mean"]) == ("judge", 4.0)
    assert {made.reason for made in court.scores(folder)} == {"It says so."}
    assert result.warnings == ()


@pytest.mark.parametrize(
    ("role", "why"),
    [
        ("constant", "kappa 0.00"),
        ("long", "it favours longer answers"),
        ("order", "self-consistency 0.00 is below 0.8"),
        ("prose", "100% of its replies are no score"),
    ],
)
def test_a_bad_judge_is_shown_with_its_figures_and_not_believed(court: Court, role: str, why: str) -> None:
    result = court.score(court.run_folder(), court.judge(role))
    standing = result.scores["judge"].standing
    assert standing is not None
    assert not standing.trusted
    assert standing.reason is not None
    assert standing.reason.startswith("uncalibrated: ")
    assert why in standing.reason
    assert result.quality_source is None
    assert result.metrics["quality"] is None
    assert f"judge: {standing.reason}" in result.warnings


def test_repeats_are_kept_apart_and_their_spread_is_seen(court: Court) -> None:
    folder = court.run_folder(rounds=1)
    result = court.score(folder, court.judge("order", calibration=None, repeats=2))
    made = court.scores(folder)
    assert {(one.repeat, one.value) for one in made} == {(0, 5.0), (1, 1.0)}
    assert result.metrics["quality/judge"]["mean"] == 3.0
    judged = result.scores["judge"]
    assert (judged.repeats_identical, judged.repeats_range) == (0.0, 4.0)
    again = court.score(folder, court.judge("perfect", calibration=None, repeats=2)).scores["judge"]
    assert (again.repeats_identical, again.repeats_range) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"calibration": None}, "no calibration set is named"),
        ({"rubric": "answer"}, "the calibration set summary is for the rubric summary, not answer"),
    ],
)
def test_a_judge_that_nothing_is_known_of_is_not_believed(court: Court, changes: dict[str, Any], why: str) -> None:
    standing = court.score(court.run_folder(rounds=1), court.judge(**changes)).scores["judge"].standing
    assert standing is not None
    assert not standing.trusted
    assert why in (standing.reason or "")


def test_a_judge_of_the_models_family_is_warned_of(court: Court) -> None:
    folders: list[Path] = [court.run_folder(model) for model in ("played-9b", "demo-small")]
    own, other = score_folders(folders, "judge", court.judge(calibration=None))
    assert any("are of one family (played)" in warning for warning in own.warnings)
    assert not any("family" in warning for warning in other.warnings)
    again = score_folders(folders, "judge", court.judge(calibration=None))[0]
    assert again.warnings == own.warnings, "said once, however often it is scored"
