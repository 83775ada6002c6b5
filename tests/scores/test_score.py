"""Scores land beside the records, and run.json says what they came to."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from foundry_exp.errors import BackendError
from foundry_exp.metrics.quality import current, quality
from foundry_exp.protocols import Answer
from foundry_exp.records import run_folder
from foundry_exp.records.record import Sample
from foundry_exp.records.score import Score, Standing
from tests.run_folders import make_run_folder
from tests.scores.scoring import score_folders


def point(sample_id: str, output_hash: str, value: float | None, **changes: object) -> Score:
    fields: dict[str, object] = {
        "sample_id": sample_id, "output_hash": output_hash, "scorer": "facets", "criterion": "owners", "value": value,
        "reason": None, "weight": 1.0, "scored_by": "rules", "scored_at": "2026-12-01T12:00:00+00:00",
        "rubric": "summary:1", "repeat": 0,
    }  # fmt: skip
    return Score(**{**fields, **changes})  # type: ignore[arg-type]


class Halting:
    """Gives 4 points to the first answer, then has no more."""

    waits = False

    def check(self, samples: Sequence[Sample]) -> None:
        pass

    def score(self, answers: Sequence[Answer]) -> Iterator[tuple[Answer, Score]]:
        first = answers[0]
        yield first, point(first.sample.sample_id, first.record.output_hash, 4.0)
        raise BackendError("crash", "the judge died")

    def standing(self) -> Standing | None:
        return None


def test_what_was_scored_before_a_scorer_failed_is_kept(tmp_path: Path) -> None:
    folder = make_run_folder(tmp_path, rounds=3)
    with pytest.raises(BackendError):
        score_folders([folder], "facets", Halting())
    result = run_folder.read_result(folder)
    assert result.scores["facets"].scored == 3  # three rounds answered alike, and share one score
    assert result.scores["facets"].unscored == 3
    assert result.quality_source == "facets"
    assert result.metrics["quality"]["mean"] == 4.0


class Own(Halting):
    """A scorer of a user's own: what it does with the second answer is told to it."""

    def __init__(self, does: str) -> None:
        self._does = does

    def score(self, answers: Sequence[Answer]) -> Iterator[tuple[Answer, Score]]:
        first = answers[0]
        yield first, point(first.sample.sample_id, first.record.output_hash, 4.0)
        if self._does == "raise":
            msg = "no\n  such word"
            raise ValueError(msg)
        if self._does == "no pair":
            yield 7  # type: ignore[misc]
        yield first, point("b", "2", "good" if self._does == "no number" else {4.0})  # type: ignore[arg-type]

    def standing(self) -> Standing | None:
        if self._does == "no standing":
            raise KeyError(self._does)
        return None


@pytest.mark.parametrize(
    ("does", "why"),
    [
        ("raise", "ValueError: no such word"),
        ("no pair", "TypeError: .*"),
        (
            "no number",
            r"ValueError: not a score that can be kept \(value: .* valid number.*\); correct the scorer",
        ),
        ("no value of JSON", r"ValueError: not a score that can be kept \(set is no kind of value that JSON has\)"),
        ("no standing", "KeyError: 'no standing'"),
    ],
)
def test_what_an_own_scorer_raises_is_a_sentence_and_its_traceback_is_kept(tmp_path: Path, does: str, why: str) -> None:
    folder = make_run_folder(tmp_path, rounds=3)
    log = folder / "runtime.log"
    with pytest.raises(BackendError, match=f"{why}.*; the traceback is in {log}."):
        score_folders([folder], "facets", Own(does))
    assert "Traceback" in log.read_text(encoding="utf-8")
    assert [one.value for one in run_folder.read_scores(folder)] == [4.0], "what was scored is kept, and can be read"
    assert run_folder.read_result(folder).metrics["quality"]["mean"] == 4.0


def test_a_new_rubric_replaces_the_scores_by_the_old_one() -> None:
    scores = [point("a", "1", 2.0), point("b", "2", 2.0), point("a", "1", 5.0, rubric="summary:2")]
    assert [score.value for score in current(scores)] == [5.0]


def test_a_judge_that_is_not_trusted_does_not_stand_for_the_cell(tmp_path: Path) -> None:
    folder = make_run_folder(tmp_path, rounds=1)
    records = run_folder.read_records(folder)
    scores = [
        point(record.sample_id, record.output_hash, value, scorer=scorer)
        for record in records
        for scorer, value in (("judge", 5.0), ("facets", 2.0))
    ]
    trusted = quality(records, scores, {"judge": Standing(trusted=True, reason=None)})
    doubted = quality(records, scores, {"judge": Standing(trusted=False, reason="kappa 0.1")})
    assert (trusted.source, trusted.metrics["quality"].mean) == ("judge", 5.0)
    assert (doubted.source, doubted.metrics["quality"].mean) == ("facets", 2.0)
    assert doubted.scores["judge"].quality is not None


def test_a_judge_whose_trial_is_not_known_does_not_stand_for_the_cell(tmp_path: Path) -> None:
    """A command that is killed while it judges leaves scores without a word on them, or beside another judge's."""
    folder = make_run_folder(tmp_path, rounds=1)
    records = run_folder.read_records(folder)
    scores = [
        point(record.sample_id, record.output_hash, value, scorer=scorer, scored_by=who)
        for record in records
        for scorer, value, who in (("judge", 5.0, "phi@2"), ("facets", 2.0, "rules"))
    ]
    own, another = (
        Standing(True, None, {"judge": {"variant": "phi", "digest": digest, "files_digest": None}}) for digest in "21"
    )
    assert quality(records, scores, {"judge": own}).source == "judge"
    for standings in ({}, {"judge": another}):
        summary = quality(records, scores, standings)
        assert summary.source == "facets"
        standing = summary.scores["judge"].standing
        assert standing is not None
        assert "the trial of phi@2 came to is not known" in (standing.reason or "")


def test_an_answer_with_an_unscored_criterion_is_unscored_not_low(tmp_path: Path) -> None:
    folder = make_run_folder(tmp_path, rounds=1)
    records = run_folder.read_records(folder)
    first, second = (record for record in records if record.phase == "measure")
    scores = [
        point(first.sample_id, first.output_hash, 4.0, weight=3.0),
        point(first.sample_id, first.output_hash, 2.0, criterion="length"),
        point(second.sample_id, second.output_hash, 5.0),
        point(second.sample_id, second.output_hash, None, criterion="length", reason="prose instead of a score"),
    ]
    summary = quality(records, scores, {})
    assert summary.metrics["quality"].mean == 3.5
    assert (summary.scores["facets"].scored, summary.scores["facets"].unscored) == (1, 1)


def test_too_few_scored_answers_are_no_headline(tmp_path: Path) -> None:
    folder = make_run_folder(tmp_path, rounds=1, answers={"retrieval": "same", "privacy": "same"})
    records = [record for record in run_folder.read_records(folder) for _ in range(3)]
    summary = quality(records, [point("nobody", "0", 5.0)], {})
    assert summary.metrics["quality"] is None
    assert "0 of 6" in summary.missing["quality"]
