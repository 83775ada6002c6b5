"""A judge that dies, hangs, refuses, cannot be loaded or has to wait: a sentence, and no score is lost."""

from typing import Any

import pytest

from foundry_exp.errors import BackendError, ConfigError
from foundry_exp.records import config_json, run_folder
from foundry_exp.records.config_sections import Accel, Backend, DeviceLock
from foundry_exp.runtime.machine import device_lock
from tests.scores.judge.conftest import Court


@pytest.mark.real
def test_a_judge_that_dies_keeps_what_it_scored_and_a_second_run_goes_on(court: Court) -> None:
    folder = court.run_folder(rounds=1)
    with pytest.raises(BackendError, match=r"played: its process died while answering \(exit code 139\)"):
        court.score(folder, court.judge(calibration=None, dies_at=6))
    made = court.scores(folder)
    assert [one.value for one in made[:5]] == [4.0] * 5
    assert all(one.value is None and "the judge stopped" in (one.reason or "") for one in made[5:])
    halted = run_folder.read_result(folder).scores["judge"]
    assert (halted.scored, halted.unscored) == (1, 1)
    result = court.score(folder, court.judge(calibration=None))
    assert court.noted("ask") == 6 + 3, "the five that it gave are not asked again"
    assert (result.scores["judge"].scored, result.scores["judge"].unscored) == (2, 0)


@pytest.mark.real
def test_a_judge_that_hangs_is_ended_and_said(court: Court, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("foundry_exp.scores.judge.chat_process.REQUEST_GRACE_S", 0.5)
    folder = court.run_folder(rounds=1)
    with pytest.raises(BackendError, match=r"hung: nothing came within 1 s of answering"):
        court.score(folder, court.judge("hangs", calibration=None, total_timeout_s=0.5))


@pytest.mark.real
def test_a_judge_whose_requests_all_fail_is_given_up(court: Court) -> None:
    folder = court.run_folder(rounds=1)
    with pytest.raises(BackendError, match="3 requests in a row failed, the last with http_500"):
        court.score(folder, court.judge("refuses", calibration=None))
    assert court.noted("ask") == 3
    assert {made.value for made in court.scores(folder)} == {None}


@pytest.mark.real
def test_a_judge_that_cannot_be_loaded_leaves_earlier_scores_as_they_are(court: Court) -> None:
    folder = court.run_folder(rounds=1)
    before = court.score(folder, court.judge())
    with pytest.raises(BackendError, match="phi-9 is not downloaded"):
        court.score(folder, court.judge("unavailable"))
    assert run_folder.read_result(folder) == before


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"rubric": "summry"}, "did you mean summary"),
        ({"calibration": "none.json"}, "scorer.judge.calibration: nothing at"),
        ({"model": {"path": "nowhere"}}, "scorer.judge.model.path: nothing at"),
        ({"model": {}}, "scorer.judge.model: neither alias, variant nor path"),
        (
            {"backend": {"_target_": "mine.Backend", "name": "mine", "base_url": None}},
            "scorer.judge.backend.base_url: not set",
        ),
    ],
)
def test_what_can_be_known_before_is_said_before(court: Court, changes: dict[str, Any], why: str) -> None:
    samples = run_folder.read_samples(court.run_folder())
    with pytest.raises(ConfigError, match=why):
        court.judge(**changes).check(samples)


@pytest.mark.real
def test_a_judge_does_not_load_beside_a_cell_that_is_being_measured(court: Court) -> None:
    lock = {"mode": "fail", "timeout_s": 600.0, "device": None, "folder": str(court.place / "locks")}
    cell = (config_json.build(DeviceLock, lock), Backend("mine.Backend", "mine", {}), Accel("mine", "CPU", ()))
    folder = court.run_folder(rounds=1)
    with (
        device_lock.held(*cell, {"cell": "demo-large"}, lambda _holder: False),
        pytest.raises(BackendError, match=r"played: the cpu is busy, held by .*cell demo-large"),
    ):
        court.score(folder, court.judge(device_lock=lock))
    assert court.noted("load") == 0
    court.score(folder, court.judge(calibration=None, device_lock=lock))
    assert court.noted("load") == 1
