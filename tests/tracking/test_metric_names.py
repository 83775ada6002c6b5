import re
from dataclasses import replace
from typing import Any

import pytest

from foundry_exp.metrics import catalogue
from foundry_exp.records.score import Scored
from foundry_exp.tracking.metric_names import MAX_METRICS, logged_metrics, number, of_repeats

METRICS = catalogue.logged()
LEGAL = re.compile(r"[A-Za-z0-9_\-./ ]+")


def test_names_are_legal_and_in_sections() -> None:
    for name in METRICS:
        assert LEGAL.fullmatch(name)
        assert name.count("/") == 1
        assert len(name) <= 250


def test_latency_is_the_first_section_of_the_chart_page() -> None:
    assert min(name.partition("/")[0] for name in METRICS) == "latency"


def test_headline_comes_first() -> None:
    assert next(iter(METRICS)) == "latency/ttft_ms_p50"
    without_streaming = logged_metrics({"ttft_ms": None, "e2e_ms": {"p50": 9.0}, "load_s": 1.0})
    assert next(iter(without_streaming)) == "latency/e2e_ms_p50"


def test_there_are_few_enough_of_them_whatever_the_rubric_has() -> None:
    everything: dict[str, Any] = {
        figure.name: 1.0 if of == "value" else {"p50": 1.0, "p95": 1.0, "p99": 1.0, "mean": 1.0}
        for figure, of in METRICS.values()
    }
    facets = {f"quality/facet {index}": 3.0 for index in range(50)}
    assert len(METRICS) <= 30
    assert len(logged_metrics({**everything, **facets})) == MAX_METRICS == 40


def test_null_is_not_logged() -> None:
    assert logged_metrics({"ttft_ms": None, "load_s": None, "e2e_ms": {"p50": None, "mean": 2.0}}) == {
        "latency/e2e_ms_mean": 2.0
    }


@pytest.mark.parametrize("value", [float("nan"), float("inf"), True, "3", [1]])
def test_what_is_no_finite_number_is_not_logged(value: object) -> None:
    assert logged_metrics({"load_s": value}) == {}


def test_scalar_of_a_distribution_is_its_mean() -> None:
    assert number({"mean": 4.0, "p50": 3.0}, "value") == 4.0


def test_number_in_the_place_of_a_distribution_is_no_percentile() -> None:
    assert number(4.0, "p95") is None


def test_how_far_scores_hold_over_repeats_is_logged_beside_the_quality_and_left_out_where_there_are_none() -> None:
    once = Scored("r:1", ("rules",), 1, 0, None, {})
    found = logged_metrics(of_repeats({"judge": replace(once, repeats_identical=0.5, repeats_range=1.0), "mine": once}))
    assert found == {"quality/judge_repeats_identical": 0.5, "quality/judge_repeats_range": 1.0}


@pytest.mark.slow
def test_facets_keep_their_names_in_legal_letters() -> None:
    scores = {"quality/tone & style": {"mean": 4.0, "n": 3}, "quality/judge": 3.5, "raw": 1.0}
    assert logged_metrics({"quality": {"mean": 4.2}, **scores}) == {
        "quality/overall": 4.2,
        "quality/tone _ style": 4.0,
        "quality/judge": 3.5,
    }
