"""Quality in the reports: by scorer and criterion, differences with their interval, and examples."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from foundry_exp.records import record_log, run_folder
from foundry_exp.records.score import Score, Standing
from foundry_exp.report.conclude import conclusions, quality_differences
from foundry_exp.report.write import write_pages, write_texts
from foundry_exp.results.cell import gather
from foundry_exp.results.comparable import differing, rubric_differences
from foundry_exp.results.grades import best_median_worst
from tests.report.hostile import HOSTILE, INVISIBLE
from tests.run_folders import make_run_folder
from tests.scores.scoring import summarise_scores


def scored(runs: Path, points: Mapping[str, float | None], scorer: str = "facets", **changes: Any) -> Path:
    """A cell whose answers have one criterion, with a score by prompt."""
    rubric, reason = changes.pop("rubric", "facets:1"), changes.pop("reason_given", "because")
    standing: Standing | None = changes.pop("standing", None)
    folder = make_run_folder(runs, rounds=1, **changes)
    give(folder, points, scorer, rubric, reason)
    summarise_scores(folder, {scorer: standing})
    return folder


def give(folder: Path, points: Mapping[str, float | None], scorer: str, rubric: str, reason: str) -> None:
    for record in run_folder.read_records(folder):
        if record.phase == "measure" and record.sample_id in points:
            value = points[record.sample_id]
            run_folder.append_score(
                folder,
                Score(record.sample_id, record.output_hash, scorer, "content", value, reason, 1.0, "rules", "", rubric),
            )


def report(*cells: Path) -> str:
    folder, read = cells[0].parent, gather(cells)
    write_texts(folder, read, conclusions(folder, read))
    return (cells[0].parent / "report.md").read_text(encoding="utf-8")


def many(folder: Path, values: list[float]) -> None:
    """Answers to as many prompts as there are values, each with its score."""
    (folder / run_folder.SCORES_FILE).unlink(missing_ok=True)
    record = next(record for record in run_folder.read_records(folder) if record.phase == "measure")
    (folder / record_log.RECORDS_FILE).unlink()
    for number, value in enumerate(values):
        one = replace(record, sample_id=f"p{number}", output_hash=f"h{number}")
        record_log.RecordLog(folder).append(one)
        give(folder, {}, "facets", "facets:1", "because")
        made = Score(f"p{number}", f"h{number}", "facets", "content", value, "why", 1.0, "rules", "", "facets:1")
        run_folder.append_score(folder, made)
    summarise_scores(folder, {})


def test_the_table_has_the_mean_with_its_interval_and_says_who_scored(tmp_path: Path) -> None:
    text = report(scored(tmp_path, {"retrieval": 4.0, "privacy": 3.0}))
    assert "| 3.50 (1.00–5.00) |" in text
    assert "| demo-small | facets (stands for the cell) | 3.50 | 1.00 to 5.00 | 2 | 0 | – |" in text
    assert "| content | facets | 3.50 |" in text


@pytest.mark.slow
def test_a_scorer_that_is_not_believed_is_called_uncalibrated(tmp_path: Path) -> None:
    doubt = Standing(trusted=False, reason="kappa is 0.1 of 0.4 wanted")
    folder = scored(tmp_path, {"retrieval": 4.0, "privacy": 3.0}, "judge", standing=doubt)
    text = report(folder)
    assert "best answer, 4.00 of 5 (uncalibrated), prompt retrieval" in text
    write_pages(folder, gather([folder]))
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert page.count("4.00 uncalibrated") == 2, "side by side, and as the best answer"
    assert "judge (uncalibrated), " in page
    assert "*uncalibrated*: kappa is 0.1 of 0.4 wanted" in text
    assert "demo-small has no quality of its own: the judge is not trusted" in text


@pytest.mark.slow
@pytest.mark.parametrize(
    ("standing", "before"),
    [(Standing(trusted=True, reason=None), "can be believed; "), (Standing(trusted=False, reason="no."), "no. ")],
)
def test_how_far_a_judge_agrees_with_itself_stands_beside_its_standing(
    tmp_path: Path, standing: Standing, before: str
) -> None:
    folder = scored(tmp_path, {"retrieval": 5.0, "privacy": 3.0}, "judge", standing=standing)
    first = run_folder.read_scores(folder)[0]
    for value, repeat in ((1.0, 1), (None, 2)):
        run_folder.append_score(folder, replace(first, value=value, repeat=repeat))
    run_folder.append_score(folder, replace(first, output_hash="another run's answer", repeat=3))
    result = summarise_scores(folder, {})
    assert (result.scores["judge"].repeats_identical, result.scores["judge"].repeats_range) == (0.0, 4.0)
    over = "0 % the same over repeats, mean range 4.00 points"
    assert f"{before}{over} |" in report(folder)
    write_pages(folder, gather([folder]))
    assert f"demo-small: of the scores by judge {over}." in (folder / "report.html").read_text(encoding="utf-8")


def test_scores_that_were_given_once_have_no_figure_for_repeats(tmp_path: Path) -> None:
    folder = scored(tmp_path, {"retrieval": 5.0, "privacy": 3.0}, "judge")
    judged = run_folder.read_result(folder).scores["judge"]
    assert (judged.repeats_identical, judged.repeats_range) == (None, None)
    assert "over repeats" not in report(folder)


def test_the_best_median_and_worst_answer_are_shown_with_points_and_reason(tmp_path: Path) -> None:
    folder = make_run_folder(tmp_path)
    many(folder, [2.0, 5.0, 1.0, 4.0, 3.0])
    cell = gather([folder])[0]
    assert [(each.place, each.request.sample_id, each.grade.quality) for each in best_median_worst(cell)] == [
        ("best", "p1", 5.0),
        ("median", "p4", 3.0),
        ("worst", "p2", 1.0),
    ]
    assert "worst answer, 1.00 of 5, prompt p2" in report(folder)
    assert "content 1.00 (why)" in report(folder)


@pytest.mark.parametrize(("count", "which"), [(0, []), (1, ["only scored"]), (2, ["best", "worst"])])
def test_few_answers_are_few_examples(tmp_path: Path, count: int, which: list[str]) -> None:
    points = dict(zip(("retrieval", "privacy"), (4.0, 3.0), strict=True))
    cell = gather([scored(tmp_path, dict(list(points.items())[:count]))])[0]
    assert [each.place for each in best_median_worst(cell)] == which


def test_a_difference_is_paired_by_prompt_and_has_an_interval(tmp_path: Path) -> None:
    cells = [make_run_folder(tmp_path, model=name) for name in ("demo-small", "demo-large")]
    many(cells[0], [1.0, 2.0, 3.0, 4.0] * 5)
    many(cells[1], [1.5, 2.5, 3.5, 4.4] * 5)
    assert quality_differences(gather(cells)) == (
        "demo-large is 0.48 points ahead of demo-small, paired over 20 prompts (95 % interval 0.45 to 0.50; "
        "as many such prompts show a difference of 0.03 four times in five); "
        "more than chance over all 4 comparisons together.",
    )
    assert "demo-large is 0.48 points ahead" in report(*cells)


def test_a_difference_without_spread_has_no_interval(tmp_path: Path) -> None:
    cells = [make_run_folder(tmp_path, model=name) for name in ("demo-small", "demo-large")]
    many(cells[0], [1.0] * 3)
    many(cells[1], [5.0] * 3)
    (said,) = quality_differences(gather(cells))
    assert said.startswith("demo-large is 4.00 points ahead of demo-small on each of 3 prompts alike; ")
    assert "| 5.00 | – | 3 | 0 |" in report(*cells)


def test_a_tie_is_said_in_words(tmp_path: Path) -> None:
    cells = [make_run_folder(tmp_path, model=name) for name in ("a", "b", "c")]
    many(cells[0], [3.0, 4.0, 2.0, 3.0])
    many(cells[1], [3.0, 4.0, 2.0, 3.0])
    many(cells[2], [4.0, 3.0, 3.0, 2.0])
    same, level = quality_differences(gather(cells))
    assert same == "a and b have the same points on each of 4 prompts."
    assert level.startswith("a and c show no difference in points, paired over 4 prompts (95 % interval -")


def test_a_cell_that_failed_is_not_said_to_be_behind(tmp_path: Path) -> None:
    cells = [make_run_folder(tmp_path, model=name) for name in ("demo-small", "demo-large")]
    many(cells[0], [1.0, 2.0, 3.0])
    many(cells[1], [4.5, 5.0, 5.0])
    run_folder.write_result(cells[0], replace(run_folder.read_result(cells[0]), status="failed", reason="it crashed."))
    assert quality_differences(gather(cells)) == ()


def test_cells_scored_by_different_rubrics_are_not_compared_and_both_are_named(tmp_path: Path) -> None:
    points = {"retrieval": 4.0, "privacy": 3.0}
    one = scored(tmp_path, points, model="a", rubric="facets:1111")
    two = scored(tmp_path, points, model="b", rubric="facets:2222")
    cells = gather([one, two])
    (said,) = rubric_differences(cells)
    assert "a by facets:1111" in said
    assert "b by facets:2222" in said
    assert quality_differences(cells) == ()
    assert differing(cells) == []
    assert "Quality by facets is not compared" in report(one, two)


def test_reports_without_scores_have_no_section(tmp_path: Path) -> None:
    assert "How good the answers are" not in report(make_run_folder(tmp_path))


def test_hostile_answers_and_reasons_are_harmless(tmp_path: Path) -> None:
    answers = {"retrieval": HOSTILE, "privacy": HOSTILE}
    text = report(scored(tmp_path, {"retrieval": 4.0, "privacy": 3.0}, answers=answers, reason_given=HOSTILE * 9))
    assert not any(sequence in text for sequence in INVISIBLE)
    assert "<script" not in text
    assert max(len(line) for line in text.splitlines() if "best answer" in line) < 700
