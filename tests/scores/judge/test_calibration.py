"""The calibration set that ships, files that are none, and what is made of a judge's scores."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from foundry_exp.errors import ConfigError
from foundry_exp.files import shipped_files
from foundry_exp.metrics.quality import families
from foundry_exp.metrics.stats.series import spearman
from foundry_exp.prompts import rubric
from foundry_exp.records.config import PairThresholds, Thresholds
from foundry_exp.scores.judge import calibration, calibration_set
from foundry_exp.scores.judge.calibration import TrialScore

SHIPPED = shipped_files.shipped("prompts") / "calibration" / "summary.json"
RUBRIC = rubric.load(rubric.find("summary", ""))
LIMITS = Thresholds(
    kappa=0.6, self_consistency=0.8, unparseable=0.05, length_correlation=0.3, pairs=PairThresholds(0.7, 0.3)
)


def shipped_set() -> calibration_set.CalibrationSet:
    return calibration_set.load(SHIPPED)


def scores(give: Any) -> list[TrialScore]:
    """What `give(answer, criterion, repeat)` gives everywhere."""
    return [
        TrialScore(answer, criterion, repeat, give(answer, criterion, repeat))
        for answer, criterion, repeat in calibration.trial_requests(shipped_set().answers, RUBRIC)
    ]


def test_the_shipped_set_fits_its_rubric_and_covers_every_score() -> None:
    agreed = shipped_set()
    assert len(agreed.answers) >= 30
    assert agreed.unfit(RUBRIC) is None
    for criterion in RUBRIC.criteria:
        assert {answer.agreed[criterion.name] for answer in agreed.answers} >= {1, 3, 5}


def test_length_says_nothing_about_the_agreed_scores() -> None:
    answers = shipped_set().answers
    lengths = np.array([float(len(answer.text)) for answer in answers])
    qualities = np.array([float(sum(answer.agreed.values())) for answer in answers])
    assert abs(spearman(lengths, qualities) or 0.0) < 0.15


def test_its_prompts_are_those_of_the_meeting_notes() -> None:
    notes = json.loads((shipped_files.shipped("prompts") / "sets" / "meeting-notes.json").read_text(encoding="utf-8"))
    texts = {entry["prompt"] for entry in notes}
    assert all(answer.sample.messages[0].content in texts for answer in shipped_set().answers)


def test_a_score_that_is_one_off_now_and_then_passes() -> None:
    figures = calibration.figures(
        scores(lambda answer, criterion, _: max(1, answer.agreed[criterion.name] - (len(answer.text) % 3 == 0))),
        RUBRIC, shipped_set(),
    )  # fmt: skip
    assert calibration.standing(figures, LIMITS).trusted
    assert 0.6 < figures["kappa"] < 1
    assert figures["kappa_interval"]["low"] < figures["kappa"] < figures["kappa_interval"]["high"]


def test_a_constant_judge_has_no_kappa_whatever_share_it_gets_right() -> None:
    figures = calibration.figures(scores(lambda *_: 5), RUBRIC, shipped_set())
    assert figures["kappa"] == pytest.approx(0.0)
    assert figures["exact"] == figures["constant_guess"]["exact"] > 0.5
    assert figures["length_correlation"] is None
    assert not calibration.standing(figures, LIMITS).trusted


def test_an_answer_with_a_score_missing_is_left_out_of_kappa_and_counted_as_unparseable() -> None:
    first = shipped_set().answers[0].sample.sample_id
    figures = calibration.figures(
        scores(lambda one, criterion, _: None if one.sample.sample_id == first else one.agreed[criterion.name]),
        RUBRIC, shipped_set(),
    )  # fmt: skip
    assert figures["kappa"] == 1.0
    assert figures["unparseable"] == pytest.approx(2 * 4 / 196)
    assert calibration.standing(figures, LIMITS).trusted


def test_figures_can_be_written_as_json_even_when_nothing_was_scored() -> None:
    figures = calibration.figures(scores(lambda *_: None), RUBRIC, shipped_set())
    assert json.loads(json.dumps(figures, allow_nan=False))["kappa"] is None
    reason = calibration.standing(figures, LIMITS).reason or ""
    assert "kappa is undefined" in reason
    assert "100% of its replies are no score" in reason


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda content: content.pop("rubric"), "'rubric' is missing"),
        (lambda content: content["prompts"][0]["answers"][0]["agreed"].update(coverage=6), "must be at most 5, got 6"),
        (lambda content: content["prompts"][0]["answers"][0]["agreed"].update(coverage=4.5), "a whole number"),
        (lambda content: content["prompts"][0]["answers"][0]["agreed"].pop("coverage"), "by the same criteria"),
        (lambda content: content.update(prompts=[]), "must not be empty"),
    ],
)
def test_a_set_that_is_wrong_says_where_and_how(tmp_path: Path, change: Any, why: str) -> None:
    content = json.loads(SHIPPED.read_text(encoding="utf-8"))
    change(content)
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(ConfigError, match=why):
        calibration_set.load(path)


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"{", "not JSON"), (b"\xff\xfe", "not UTF-8"), (b"[" * 99999, "JSON"), (b'["\\ud800"]', "half")],
)
def test_a_file_that_is_none_says_so(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "mine.json"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=why):
        calibration_set.load(path)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("phi-4-mini", {"phi"}),
        ("Phi-4-mini-instruct-generic-cpu:5", {"phi"}),
        ("qwen2.5-0.5b", {"qwen"}),
        ("deepseek-r1-distill-qwen-7b-generic-gpu:3", {"deepseek", "qwen"}),
        ("", set()),
    ],
)
def test_families_are_read_from_names(name: str, expected: set[str]) -> None:
    assert families(name) == expected
