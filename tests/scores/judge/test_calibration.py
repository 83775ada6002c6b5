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
from foundry_exp.scores.judge import calibration, calibration_set
from foundry_exp.scores.judge.calibration import Judged, Thresholds

SHIPPED = shipped_files.shipped("prompts") / "calibration" / "summary.json"
RUBRIC = rubric.load(rubric.find("summary", ""))
LIMITS = Thresholds(kappa=0.6, self_consistency=0.8, unparseable=0.05, length_correlation=0.3)


def known() -> calibration_set.CalibrationSet:
    return calibration_set.load(SHIPPED)


def judged(give: Any) -> list[Judged]:
    """What `give(item, criterion, repeat)` gives everywhere."""
    return [
        Judged(item, criterion, repeat, give(item, criterion, repeat))
        for item, criterion, repeat in calibration.turns(known().items, RUBRIC)
    ]


def test_the_shipped_set_fits_its_rubric_and_covers_every_score() -> None:
    found = known()
    assert len(found.items) >= 30
    assert found.unfit(RUBRIC) is None
    for criterion in RUBRIC.criteria:
        assert {item.agreed[criterion.name] for item in found.items} >= {1, 3, 5}


def test_length_says_nothing_about_the_agreed_scores() -> None:
    items = known().items
    lengths = np.array([float(len(item.answer)) for item in items])
    qualities = np.array([float(sum(item.agreed.values())) for item in items])
    assert abs(spearman(lengths, qualities) or 0.0) < 0.15


def test_its_prompts_are_those_of_the_meeting_notes() -> None:
    notes = json.loads((shipped_files.shipped("prompts") / "sets" / "meeting-notes.json").read_text(encoding="utf-8"))
    texts = {entry["prompt"] for entry in notes}
    assert all(item.sample.messages[0].content in texts for item in known().items)


def test_a_score_that_is_one_off_now_and_then_passes() -> None:
    found = calibration.figures(
        judged(lambda item, criterion, _: max(1, item.agreed[criterion.name] - (len(item.answer) % 3 == 0))),
        RUBRIC, known(),
    )  # fmt: skip
    assert calibration.standing(found, LIMITS).trusted
    assert 0.6 < found["kappa"] < 1
    assert found["kappa_interval"]["low"] < found["kappa"] < found["kappa_interval"]["high"]


def test_a_constant_judge_has_no_kappa_whatever_share_it_gets_right() -> None:
    found = calibration.figures(judged(lambda *_: 5), RUBRIC, known())
    assert found["kappa"] == pytest.approx(0.0)
    assert found["exact"] == found["constant_guess"]["exact"] > 0.5
    assert found["length_correlation"] is None
    assert not calibration.standing(found, LIMITS).trusted


def test_an_answer_with_a_score_missing_is_left_out_of_kappa_and_counted_as_unparseable() -> None:
    first = known().items[0].sample.sample_id
    found = calibration.figures(
        judged(lambda item, criterion, _: None if item.sample.sample_id == first else item.agreed[criterion.name]),
        RUBRIC, known(),
    )  # fmt: skip
    assert found["kappa"] == 1.0
    assert found["unparseable"] == pytest.approx(2 * 4 / 196)
    assert calibration.standing(found, LIMITS).trusted


def test_figures_can_be_written_as_json_even_when_nothing_was_scored() -> None:
    found = calibration.figures(judged(lambda *_: None), RUBRIC, known())
    assert json.loads(json.dumps(found, allow_nan=False))["kappa"] is None
    reason = calibration.standing(found, LIMITS).reason or ""
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
