"""What a choice would cost a fleet: sums checked by hand, nulls with reasons, and nothing unless it is asked for."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from foundry_exp.decide.fleet import Cost
from foundry_exp.decide.recommend import recommend
from foundry_exp.records.run_folder import read_result
from foundry_exp.records.run_result import ModelFacts
from foundry_exp.report import recommendation_pages
from foundry_exp.results import candidates
from tests.decide.planted import plant
from tests.decide.recommendations import decided, decision

ON = ("fleet.laptops=100", "fleet.requests_per_day=20", "fleet.loads_per_day=2", "fleet.days_per_month=21",
      "fleet.price_per_kwh=0.5", "fleet.currency=CHF")  # fmt: skip
EXACT = {"prompts": 1, "noise": 0.0, "points": 4.0}  # every answer takes 40 ms and 23 gaps of 10 ms
MEASURED = {"energy_j_per_request": 6.0, "load_s": 9.0, "disk_mb": 2500.0}


def measured(runs: Path, **chosen: Any) -> Path:
    defaults: dict[str, Any] = {**EXACT, "metrics": MEASURED, "changes": {"energy_source": "heuristic"}}
    return plant(runs, **{**defaults, **chosen})


def only(sweep: Path) -> Cost:
    (found,) = decided(sweep, settings=ON).fleet
    return found


@pytest.mark.slow
def test_the_sums_are_those_done_by_hand(tmp_path: Path) -> None:
    found = only(measured(tmp_path))
    assert found.missing == {}
    figures = {name: value for name, value in asdict(found).items() if isinstance(value, float)}
    assert figures == pytest.approx(
        {
            "energy_j_per_request": 6.0,
            "energy_kwh_per_month": 100 * 20 * 21 * 6.0 / 3.6e6,
            "cost_per_month": 0.07 * 0.5,
            "answer_wait_h_per_person_month": 20 * 21 * 0.27 / 3600,
            "load_wait_h_per_person_month": 2 * 21 * 9.0 / 3600,
            "disk_mb_per_laptop": 2500.0,
            "download_gb": 250.0,
        }
    )


@pytest.mark.slow
def test_it_is_said_of_the_pick_and_the_runner_up_with_what_is_assumed(tmp_path: Path) -> None:
    for name, slower in (("a", 1.0), ("b", 2.0), ("c", 4.0)):
        measured(tmp_path, name=name, model=name, slower=slower)
    found = decided(tmp_path / "sweep", settings=ON)
    said = list(recommendation_pages.reasons(found))
    (assumed,) = [line for line in said if line.startswith("Assumed of the fleet: ")]
    assert "100 laptops like the one measured, 20 requests and 2 loads a person a day, 21 days a month" in assumed
    assert "0.5 CHF a kWh" in assumed
    of_pick, of_other = (line for line in said if " on the fleet: " in line)
    assert of_pick == (
        "a on the fleet: 0.07 kWh and 0.035 CHF a month (6.00 J a request, by the watts of conf/energy); "
        "waiting for answers 1.89 min a month for each person; for loading 6.30 min a month for each person; "
        "2,500 MB on each laptop, 250 GB to download in all."
    )
    assert of_other.startswith("b on the fleet: ")
    assert [one["label"] for one in recommendation_pages.document(found)["fleet"]] == ["a", "b"]


@pytest.mark.slow
def test_what_is_not_known_is_null_with_its_reason(tmp_path: Path) -> None:
    missing = {"energy_j_per_request": "no meter for NPU", "load_s": "the service had it loaded"}
    found = only(
        measured(tmp_path, metrics=dict.fromkeys(MEASURED), changes={"missing": missing, "model": unsized(tmp_path)})
    )
    nulls = {name for name, value in asdict(found).items() if value is None}
    assert nulls == {*found.missing, "energy_source"}
    assert found.missing["cost_per_month"] == "no meter for NPU"
    assert found.missing["load_wait_h_per_person_month"] == "the service had it loaded"
    assert found.missing["download_gb"] == "run.json has no disk_mb; measure again"
    assert found.answer_wait_h_per_person_month is not None
    said = recommendation_pages.console(decided(tmp_path / "sweep", settings=ON))
    assert "its energy is not known: no meter for NPU; " in said
    assert "for loading not known: the service had it loaded; " in said


def unsized(tmp_path: Path) -> ModelFacts:
    return replace(read_result(measured(tmp_path / "other")).model, disk_mb=None)


@pytest.mark.slow
def test_nothing_is_said_of_a_fleet_unless_the_decision_has_one(tmp_path: Path) -> None:
    measured(tmp_path)
    assert "fleet" not in recommendation_pages.console(decided(tmp_path / "sweep"))
    assert recommend(candidates.read([tmp_path / "sweep"]), replace(decision(), fleet=None)).fleet == ()
