"""Replies that are no score: asked for once more, then unscored with the reason."""

import pytest

from tests.scores.judge.conftest import CRITERIA, Court
from tests.timed_server.service import Behaviour, Service, timed_server

pytestmark = pytest.mark.real


@pytest.mark.parametrize(
    ("role", "why"),
    [
        ("prose", "the reply was not one JSON object"),
        ("half", "the reply was not one JSON object"),
        ("two", "the reply was not one JSON object"),
        ("seven", "score: 7 is greater than the maximum of 5"),
        ("half_point", "score: 4.5 is not of type 'integer'"),
        ("nothing", "the reply was empty"),
    ],
)
def test_a_reply_that_is_no_score_is_repaired_once_and_then_unscored(court: Court, role: str, why: str) -> None:
    folder = court.run_folder(rounds=1)
    result = court.score(folder, court.judge(role, calibration=None))
    made = court.scores(folder)
    assert [one.value for one in made] == [None] * 2 * CRITERIA
    assert all(one.reason is not None and why in one.reason and "(asked twice)" in one.reason for one in made)
    assert (court.noted("ask"), court.noted("repair")) == (2 * CRITERIA, 2 * CRITERIA)
    assert result.metrics["quality"] is None
    assert (result.scores["judge"].scored, result.scores["judge"].unscored) == (0, 2)


def test_a_reply_that_was_cut_off_is_not_repaired(court: Court) -> None:
    folder = court.run_folder(rounds=1)
    court.score(folder, court.judge("cut", calibration=None))
    assert all("cut off" in (made.reason or "") for made in court.scores(folder))
    assert court.noted("repair") == 0


@pytest.mark.parametrize(("role", "repairs"), [("fenced", 0), ("after_a_repair", 2 * CRITERIA)])
def test_a_fence_is_no_fault_and_a_repair_that_works_counts(court: Court, role: str, repairs: int) -> None:
    folder = court.run_folder(rounds=1)
    court.score(folder, court.judge(role, calibration=None))
    assert [made.value for made in court.scores(folder)] == [4.0] * 2 * CRITERIA
    assert court.noted("repair") == repairs


def test_any_chat_service_can_be_the_judge_and_its_prose_is_no_score(court: Court) -> None:
    with timed_server(Service({"steady": Behaviour(tokens=8, ttft_ms=1, gap_ms=0)})) as server:
        backend = {
            "_target_": "foundry_exp.runtime.http.endpoint.EndpointBackend", "name": "endpoint",
            "base_url": server.url, "api_key_env": "", "connect_timeout_s": 5.0, "load_timeout_s": 5.0,
            "quick_ack": True,
        }  # fmt: skip
        folder = court.run_folder(rounds=1)
        court.score(folder, court.judge(calibration=None, backend=backend, model={"alias": "steady"}))
    made = court.scores(folder)
    assert all(one.value is None and "not one JSON object" in (one.reason or "") for one in made)
    assert made[0].scored_by.startswith("steady@")
