"""A typical answer: how many tokens it has, and that every page and file shows one figure for it."""

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from foundry_exp.config import compose, models_json
from foundry_exp.decide import routing_file
from foundry_exp.decide.compare import compare
from foundry_exp.decide.recommend import recommend
from foundry_exp.records.decision import Decision
from foundry_exp.records.run_folder import read_result, write_result
from foundry_exp.report import comparison_pages, recommendation_pages
from foundry_exp.results import candidates
from tests.decide.planted import plant
from tests.report.written import write_reports

STATED = {"prompts": {"name": "notes", "digest": "c0ffee", "size": 20, "expected_tokens": 60}}
UNSTATED = {"prompts": {**STATED["prompts"], "expected_tokens": None}}


def two(folder: Path, **changes: Any) -> list[candidates.Candidate]:
    plant(folder, name="a", model="small", points=4.0, seed=1, **changes)
    plant(folder, name="b", model="large", points=4.0, slower=1.4, seed=2, **changes)
    return candidates.read([folder / "sweep"])


def decision(*changes: str) -> Decision:
    return compose.section(Decision, "default-summarizer", ["constraints.rss_peak_mb=null", *changes])


@pytest.mark.slow
def test_its_length_is_the_prompt_sets_and_it_is_said(tmp_path: Path) -> None:
    able = two(tmp_path, changes=STATED)
    said = "A typical answer has 60 tokens, as the prompt set expects."
    assert said in comparison_pages.console(compare(able))
    assert said in recommendation_pages.console(recommend(able, decision()))


@pytest.mark.slow
def test_a_decision_may_say_another_one(tmp_path: Path) -> None:
    found = recommend(two(tmp_path, changes=STATED), decision("expected_tokens=100"))
    assert "A typical answer has 100 tokens, as the decision says." in recommendation_pages.console(found)
    figures = {one.choice.label: one.choice.figures["typical_answer_ms"] for one in found.ranked}
    metrics = {name: read_result(tmp_path / "sweep" / name).metrics for name in ("a", "b")}
    assert figures == {
        label: metrics[name]["ttft_ms"]["p50"] + 100 * metrics[name]["tpot_ms"]["p50"]
        for label, name in (("small", "a"), ("large", "b"))
    }


@pytest.mark.slow
def test_every_place_shows_the_same_figure_to_the_last_digit(tmp_path: Path) -> None:
    two(tmp_path, changes=STATED)
    sweep = tmp_path / "sweep"
    figures = {}
    for name in ("a", "b"):
        result = read_result(sweep / name)
        value = result.metrics["ttft_ms"]["p50"] + 60 * result.metrics["tpot_ms"]["p50"]
        write_result(sweep / name, replace(result, metrics={**result.metrics, "typical_answer_ms": value}))
        figures[result.model.alias] = value
    write_reports(sweep, [sweep / "a", sweep / "b"])
    read = candidates.read([sweep])
    compared = comparison_pages.document(compare(read))["candidates"]
    found = recommend(read, decision("constraints.typical_answer_ms=1"))
    routing_file.write(tmp_path / "models.json", found)
    rows = csv.DictReader((sweep / "report.csv").read_text(encoding="utf-8").splitlines())
    shown = {
        "report.csv": {row["model"]: float(row["typical_answer_ms"]) for row in rows},
        "report.json": {
            one["alias"]: one["typical_answer_ms"] for one in json.loads((sweep / "report.json").read_bytes())
        },
        "compare": {one["model"]: one["typical_answer_ms"] for one in compared},
        "recommend": {
            one["label"]: one["figures"]["typical_answer_ms"]
            for one in recommendation_pages.document(found)["rejected"]
        },
        "constraint": {  # at most 1 ms, so that the factor is the figure
            one.choice.label: each.excess
            for one in found.rejected
            for each in one.broken
            if each.constraint == "typical_answer_ms"
        },
        "models.json": {
            alias: entry["typical_answer_ms"]
            for alias, entry in models_json.read(str(tmp_path / "models.json")).items()
        },
    }
    assert shown == dict.fromkeys(shown, figures)


def test_of_repeats_it_is_the_median(tmp_path: Path) -> None:
    for repeat, slower in enumerate((1.0, 1.2, 3.0), start=1):
        plant(tmp_path, name="a", repeat=repeat, slower=slower, changes=STATED)
    (one,) = candidates.read([tmp_path / "sweep"])
    metrics = read_result(tmp_path / "sweep" / "a-r2").metrics
    assert one.typical_answer_ms(60) == metrics["ttft_ms"]["p50"] + 60 * metrics["tpot_ms"]["p50"]


def test_prompt_sets_that_disagree_leave_none(tmp_path: Path) -> None:
    plant(tmp_path, name="a", changes=STATED)
    plant(tmp_path, name="b", model="other", changes=UNSTATED)
    able = candidates.read([tmp_path / "sweep"])
    comparison = compare(able)
    assert comparison_pages.document(comparison)["expected_tokens"] is None
    assert "typical_answer_ms" not in {one.figure.name for pair in comparison.pairs for one in pair.effects}


@pytest.mark.slow
def test_without_a_stated_length_there_is_none_and_the_way_out_is_said(tmp_path: Path) -> None:
    found = recommend(two(tmp_path, changes=UNSTATED), decision())
    assert recommendation_pages.document(found)["expected_tokens"] is None
    assert [one.choice.figures["typical_answer_ms"] for one in found.ranked] == [None, None]
    said = recommendation_pages.console(found)
    assert "There is no typical answer, since the prompt sets state no expected tokens" in said
    assert "speed: no option has a figure, so it has no weight." in said


@pytest.mark.slow
@pytest.mark.parametrize("changes", [{"token_source": "events", "metrics": {"estimated_rate": 1.0}}])
def test_of_estimated_tokens_there_is_none_and_it_is_said(tmp_path: Path, changes: dict[str, Any]) -> None:
    plant(tmp_path, name="a", model="small", points=4.0, seed=1, changes=STATED)
    plant(tmp_path, name="b", model="guessed", points=4.0, seed=2, changes=STATED, **changes)
    found = recommend(candidates.read([tmp_path / "sweep"]), decision())
    assert "guessed: no typical answer, which needs streaming and" in " ".join(found.remarks)
