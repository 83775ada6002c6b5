"""What is out and why: limits, runs that failed or were skipped, and figures that are not known or do not count."""

from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest

from foundry_exp.errors import ConfigError
from foundry_exp.records.score import Standing
from foundry_exp.report import recommendation_pages
from tests.decide.planted import plant
from tests.decide.recommendations import decided
from tests.scores.scoring import summarise_scores


def crashed(tmp_path: Path, **chosen: Any) -> Path:
    """A sweep of one candidate run twice, of which one run crashed, and of another one."""
    plant(tmp_path, name="a", model="crashes", repeat=1, points=4.0, seed=1)
    broken = {"status": "failed", "reason": "crashes: out of memory; free some."} | chosen
    plant(tmp_path, name="a", model="crashes", repeat=2, **broken)
    plant(tmp_path, name="b", model="steady", points=4.0, slower=2.0, seed=2)
    return tmp_path / "sweep"


@pytest.mark.slow
def test_a_run_that_failed_breaks_the_limit_of_failed_requests(tmp_path: Path) -> None:
    found = decided(crashed(tmp_path))
    assert found.pick is not None
    assert found.pick.choice.label == "steady"
    said = recommendation_pages.console(found)
    limit = "failed requests at most 0 %"
    assert f"crashes is out: {limit}, but 1 of 2 runs failed: out of memory; free some.\n" in said
    assert not found.unmeasured


@pytest.mark.slow
@pytest.mark.parametrize(
    ("chosen", "settings", "what"),
    [
        ({}, ["constraints.error_rate=null"], "1 of 2 runs failed: out of memory; free some."),
        ({"status": "skipped", "reason": "no room"}, [], "1 of 2 runs skipped: no room."),
    ],
)
def test_a_pick_with_a_run_without_figures_says_so(
    tmp_path: Path, chosen: dict[str, Any], settings: list[str], what: str
) -> None:
    found = decided(crashed(tmp_path, **chosen), settings=settings)
    assert found.pick is not None
    assert found.pick.choice.label == "crashes"
    assert f"But not every run of it came to figures: {what}" in list(recommendation_pages.reasons(found))
    assert recommendation_pages.document(found)["broken_runs"] == {"crashes": [ANY]}


@pytest.mark.slow
def test_runs_that_were_all_skipped_are_one_candidate_without_a_number(tmp_path: Path) -> None:
    for repeat in (1, 2):
        plant(tmp_path, name="a-cpu", model="demo", repeat=repeat, points=4.0, seed=repeat)
        plant(tmp_path, name="a-gpu", model="demo", device="gpu", repeat=repeat, status="skipped", reason="no gpu")
    found = decided(tmp_path / "sweep")
    assert [one.choice.label for one in found.ranked] == ["demo (cpu)"]
    assert found.unmeasured == (("demo (gpu)", "its status is skipped: no gpu"),)


@pytest.mark.slow
def test_what_is_not_known_is_not_said_to_be_kept(tmp_path: Path) -> None:
    found = decided(plant(tmp_path, model="unscored"))
    assert found.pick is None
    assert found.closest is None
    assert "quality is not known" in recommendation_pages.console(found)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (["constraints.licences=[Apache-2.0]"], "licence MIT (one of Apache-2.0)"),
        (["constraints.capabilities=[chat,tools]"], "lacks tools"),
        (["constraints.decode_tok_per_s=500"], "decode rate"),
        (["constraints.energy_j_per_token=1"], "energy is not known"),
    ],
)
def test_each_kind_of_constraint(six: Path, settings: list[str], said: str) -> None:
    found = decided(six, settings=settings)
    assert found.pick is None
    assert said in recommendation_pages.console(found)


@pytest.mark.slow
def test_scores_that_cannot_be_believed_do_not_count_and_it_is_said(tmp_path: Path) -> None:
    folder = plant(tmp_path, model="judged", points=4.5)
    summarise_scores(folder, {"facets": Standing(False, "it has not been held against a person's scores")})
    found = decided(folder)
    assert found.pick is None
    assert "do not count: it has not been held against" in recommendation_pages.console(found)


@pytest.mark.slow
def test_flagged_answers_and_estimated_tokens_do_not_count(tmp_path: Path) -> None:
    plant(tmp_path, name="a", model="loops", points=4.5, text=" ".join(["again"] * 40))
    plant(tmp_path, name="b", model="guessed", points=4.5, token_source="events")
    found = decided(tmp_path / "sweep", settings=["constraints.decode_tok_per_s=1"])
    said = recommendation_pages.console(found)
    assert "loops is out: p95 answer is not known" in said
    assert "flagged answers 100 % (at most 10 %)" in said
    assert "guessed is out: decode rate is not known" in said


@pytest.mark.slow
def test_a_mismatched_device_is_no_option(tmp_path: Path) -> None:
    plant(tmp_path, name="a", model="m", points=4.0)
    plant(tmp_path, name="b", model="m", device="gpu", status="device_mismatch", reason="ran on cpu")
    assert dict(decided(tmp_path / "sweep").unmeasured) == {"m (gpu)": "its status is device mismatch: ran on cpu"}


@pytest.mark.slow
def test_nothing_measured_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no candidate has figures"):
        decided(plant(tmp_path, status="failed", reason="crashed"))
