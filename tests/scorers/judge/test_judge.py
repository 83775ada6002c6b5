"""Judges that are played in a process of their own: believed, doubted, broken, killed, and asked only once."""

import json
from pathlib import Path
from typing import Any

import pytest

from foundry_exp import score, store
from foundry_exp.calibration.behaviour import Behaviour, Service
from foundry_exp.calibration.process import timed_server
from foundry_exp.errors import BackendError, ConfigError
from foundry_exp.machine import device_lock
from foundry_exp.scorers.judge.bench import Settings
from foundry_exp.scorers.judge.identity import Identity, identify
from tests.scorers.judge.conftest import Court

CRITERIA = 4
CALIBRATION_ASKED = 39 * CRITERIA + 10 * CRITERIA
"""Every answer once, and each fourth one again."""


def test_a_perfect_judge_passes_and_stands_for_the_cell(court: Court) -> None:
    folder = court.run_folder()
    result = court.score(folder, court.judge())
    standing = result.scores["judge"].standing
    assert standing is not None
    assert (standing.trusted, standing.reason) == (True, None)
    assert standing.figures["kappa"] == 1.0
    assert standing.figures["self_consistency"] == 1.0
    assert standing.figures["unparseable"] == 0.0
    assert standing.figures["length_correlation"] == pytest.approx(0.0)
    assert (result.quality_source, result.metrics["quality"]["mean"]) == ("judge", 4.0)
    assert {made.reason for made in court.scores(folder)} == {"It says so."}
    assert result.warnings == ()


@pytest.mark.parametrize(
    ("role", "why"),
    [
        ("constant", "kappa 0.00"),
        ("long", "it favours longer answers"),
        ("order", "self-consistency 0.00 is below 0.8"),
        ("prose", "100% of its replies are no score"),
    ],
)
def test_a_bad_judge_is_shown_with_its_figures_and_not_believed(court: Court, role: str, why: str) -> None:
    result = court.score(court.run_folder(), court.judge(role))
    standing = result.scores["judge"].standing
    assert standing is not None
    assert not standing.trusted
    assert standing.reason is not None
    assert standing.reason.startswith("uncalibrated: ")
    assert why in standing.reason
    assert result.quality_source is None
    assert result.metrics["quality"] is None
    assert f"judge: {standing.reason}" in result.warnings


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


def test_a_judge_is_loaded_once_for_all_runs_and_asked_once_for_answers_that_are_alike(court: Court) -> None:
    same = {"retrieval": "The same.", "privacy": "The same."}
    folders = [court.run_folder(model, answers=same) for model in ("demo-small", "demo-large")]
    score.score(folders, "judge", court.judge(calibration=None))
    assert (court.noted("load"), court.noted("unload")) == (1, 1)
    assert court.noted("ask") == 2 * CRITERIA
    assert [len(court.scores(folder)) for folder in folders] == [2 * CRITERIA] * 2


def test_nothing_is_asked_twice_of_the_same_judge_not_even_its_calibration(court: Court) -> None:
    folder = court.run_folder(rounds=1)
    first = court.score(folder, court.judge())
    assert court.noted("ask") == CALIBRATION_ASKED + 2 * CRITERIA
    again = court.score(folder, court.judge())
    assert court.noted("ask") == CALIBRATION_ASKED + 2 * CRITERIA
    assert again.scores == first.scores
    (kept,) = (court.place / "judges").glob("*.json")
    assert json.loads(kept.read_text(encoding="utf-8"))["figures"]["kappa"] == 1.0


def test_a_lower_threshold_counts_without_asking_again(court: Court) -> None:
    folder = court.run_folder(rounds=1)
    assert court.score(folder, court.judge("constant")).quality_source is None
    asked = court.noted("ask")
    lenient = {"kappa": 0.0, "self_consistency": 0.0, "unparseable": 1.0, "length_correlation": 2.0}
    assert court.score(folder, court.judge("constant", thresholds=lenient)).quality_source == "judge"
    assert court.noted("ask") == asked


@pytest.mark.parametrize("change", [{"max_tokens": 100}, {"seed": 7}])
def test_another_setting_is_another_judge_whose_scores_are_not_mixed(court: Court, change: dict[str, Any]) -> None:
    folder = court.run_folder(rounds=1)
    court.score(folder, court.judge(calibration=None))
    result = court.score(folder, court.judge(calibration=None, **change))
    assert court.noted("ask") == 2 * 2 * CRITERIA
    assert len(result.scores["judge"].scored_by) == 1


def own_judge(model_class: str, **changes: Any) -> dict[str, Any]:
    target = "foundry_exp.backends.generate.GenerateBackend"
    return {
        "_target_": target, "name": "generate", "model_class": f"tests.scorers.judge.own.{model_class}",
        "weights_path": __file__, **changes,
    }  # fmt: skip


def test_two_judges_of_ones_own_are_never_taken_for_each_other(court: Court) -> None:
    folder = court.run_folder(rounds=1)
    model = {"alias": "own", "variant": "own:1"}
    first = court.score(folder, court.judge(backend=own_judge("Five"), model=model))
    other = court.score(folder, court.judge(backend=own_judge("One"), model=model))
    assert [result.metrics["quality/judge"]["mean"] for result in (first, other)] == [5.0, 1.0]
    assert first.scores["judge"].scored_by != other.scores["judge"].scored_by
    assert len(list((court.place / "judges").glob("*.json"))) == 2, "each has a trial of its own"


@pytest.mark.parametrize(
    ("change", "is_same"),
    [
        ({"_target_": "tests.scorers.judge.own.Wrapped"}, False),
        ({"device_map": "auto"}, False),
        ({"load_timeout_s": 9.0}, True),
        ({"cache_dir": "/elsewhere", "data_dir": "/elsewhere", "api_key_env": "MY_KEY"}, True),
    ],
)
def test_a_judge_is_known_by_all_of_its_backend_that_can_change_a_verdict(
    change: dict[str, Any], is_same: bool
) -> None:
    assert (identified(own_judge("Five")) == identified(own_judge("Five", **change))) is is_same


def identified(backend: dict[str, Any]) -> Identity:
    facts = {"variant": None, "path": None, "device": None}
    return identify("own", facts, backend, Settings(0, 200, 1.0, 1.0, 1.0))


def test_other_weights_are_another_judge_and_the_same_ones_elsewhere_are_not(tmp_path: Path) -> None:
    weights, moved = tmp_path / "w.txt", tmp_path / "moved.txt"
    weights.write_text("a", encoding="utf-8")
    moved.write_text("a", encoding="utf-8")
    before = identified(own_judge("Five", weights_path=str(weights)))
    assert identified(own_judge("Five", weights_path=str(moved))) == before
    weights.write_text("b", encoding="utf-8")
    assert identified(own_judge("Five", weights_path=str(weights))) != before


def test_a_judge_that_is_asked_again_after_another_one_counts_again_and_nothing_is_asked_twice(court: Court) -> None:
    folder = court.run_folder(rounds=1)
    first = court.score(folder, court.judge("perfect"))
    assert court.score(folder, court.judge("constant")).quality_source is None
    asked = court.noted("ask")
    again = court.score(folder, court.judge("perfect"))
    assert (court.noted("ask"), again.scores) == (asked, first.scores)
    assert again.quality_source == "judge"
    lines = court.scores(folder)
    assert court.score(folder, court.judge("perfect")).scores == first.scores
    assert court.scores(folder) == lines, "said once"


def test_a_rubric_that_is_taken_again_counts_again(court: Court) -> None:
    folder = court.run_folder(rounds=1)
    first = court.score(folder, court.judge())
    court.score(folder, court.judge(rubric="answer"))
    asked = court.noted("ask")
    again = court.score(folder, court.judge())
    assert (court.noted("ask"), again.scores) == (asked, first.scores)


def test_a_judge_without_a_variant_goes_by_its_alias(court: Court) -> None:
    folder = court.run_folder("mine-2b", rounds=1)
    result = court.score(folder, court.judge(backend=own_judge("Five"), model={"alias": "mine"}, calibration=None))
    assert result.scores["judge"].scored_by[0].startswith("mine@")
    assert any("are of one family (mine)" in warning for warning in result.warnings)


def test_a_broken_kept_calibration_is_made_again(court: Court) -> None:
    folder = court.run_folder(rounds=1)
    court.score(folder, court.judge())
    (kept,) = (court.place / "judges").glob("*.json")
    kept.write_text('{"figures": ', encoding="utf-8")
    result = court.score(folder, court.judge())
    standing = result.scores["judge"].standing
    assert standing is not None
    assert standing.trusted
    assert court.noted("ask") == 2 * CALIBRATION_ASKED + 2 * CRITERIA


def test_repeats_are_kept_apart_and_their_spread_is_seen(court: Court) -> None:
    folder = court.run_folder(rounds=1)
    result = court.score(folder, court.judge("order", calibration=None, repeats=2))
    made = court.scores(folder)
    assert {(one.repeat, one.value) for one in made} == {(0, 5.0), (1, 1.0)}
    assert result.metrics["quality/judge"]["mean"] == 3.0
    judged = result.scores["judge"]
    assert (judged.repeats_identical, judged.repeats_range) == (0.0, 4.0)
    again = court.score(folder, court.judge("perfect", calibration=None, repeats=2)).scores["judge"]
    assert (again.repeats_identical, again.repeats_range) == (1.0, 0.0)


def test_a_judge_that_dies_keeps_what_it_scored_and_a_second_run_goes_on(court: Court) -> None:
    folder = court.run_folder(rounds=1)
    with pytest.raises(BackendError, match=r"played: its process died while answering \(exit code 139\)"):
        court.score(folder, court.judge(calibration=None, dies_at=6))
    made = court.scores(folder)
    assert [one.value for one in made[:5]] == [4.0] * 5
    assert all(one.value is None and "the judge stopped" in (one.reason or "") for one in made[5:])
    halted = store.read_result(folder).scores["judge"]
    assert (halted.scored, halted.unscored) == (1, 1)
    result = court.score(folder, court.judge(calibration=None))
    assert court.noted("ask") == 6 + 3, "the five that it gave are not asked again"
    assert (result.scores["judge"].scored, result.scores["judge"].unscored) == (2, 0)


def test_a_judge_that_hangs_is_ended_and_said(court: Court, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("foundry_exp.scorers.judge.chat_process.REQUEST_GRACE_S", 0.5)
    folder = court.run_folder(rounds=1)
    with pytest.raises(BackendError, match=r"hung: nothing came within 1 s of answering"):
        court.score(folder, court.judge("hangs", calibration=None, total_timeout_s=0.5))


def test_a_judge_whose_requests_all_fail_is_given_up(court: Court) -> None:
    folder = court.run_folder(rounds=1)
    with pytest.raises(BackendError, match="3 requests in a row failed, the last with http_500"):
        court.score(folder, court.judge("refuses", calibration=None))
    assert court.noted("ask") == 3
    assert {made.value for made in court.scores(folder)} == {None}


def test_a_judge_that_cannot_be_loaded_leaves_earlier_scores_as_they_are(court: Court) -> None:
    folder = court.run_folder(rounds=1)
    before = court.score(folder, court.judge())
    with pytest.raises(BackendError, match="phi-9 is not downloaded"):
        court.score(folder, court.judge("unavailable"))
    assert store.read_result(folder) == before


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"calibration": None}, "no calibration set is named"),
        ({"rubric": "answer"}, "the calibration set summary is for the rubric summary, not answer"),
    ],
)
def test_a_judge_that_nothing_is_known_of_is_not_believed(court: Court, changes: dict[str, Any], why: str) -> None:
    standing = court.score(court.run_folder(rounds=1), court.judge(**changes)).scores["judge"].standing
    assert standing is not None
    assert not standing.trusted
    assert why in (standing.reason or "")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"rubric": "summry"}, "did you mean summary"),
        ({"calibration": "none.json"}, "scorer.judge.calibration: nothing at"),
        ({"model": {"path": "nowhere"}}, "scorer.judge.model.path: nothing at"),
        ({"model": {}}, "scorer.judge.model: neither alias, variant nor path"),
        ({"backend": {"base_url": None}}, "scorer.judge.backend.base_url: not set"),
    ],
)
def test_what_can_be_known_before_is_said_before(court: Court, changes: dict[str, Any], why: str) -> None:
    samples = store.read_samples(court.run_folder())
    with pytest.raises(ConfigError, match=why):
        court.judge(**changes).check(samples)


def test_a_judge_of_the_models_family_is_warned_of(court: Court) -> None:
    folders: list[Path] = [court.run_folder(model) for model in ("played-9b", "demo-small")]
    own, other = score.score(folders, "judge", court.judge(calibration=None))
    assert any("are of one family (played)" in warning for warning in own.warnings)
    assert not any("family" in warning for warning in other.warnings)
    again = score.score(folders, "judge", court.judge(calibration=None))[0]
    assert again.warnings == own.warnings, "said once, however often it is scored"


def test_any_chat_service_can_be_the_judge_and_its_prose_is_no_score(court: Court) -> None:
    with timed_server(Service({"steady": Behaviour(tokens=8, ttft_ms=1, gap_ms=0)})) as server:
        backend = {
            "_target_": "foundry_exp.backends.http.endpoint.EndpointBackend", "name": "endpoint",
            "base_url": server.url, "api_key_env": "", "connect_timeout_s": 5.0, "load_timeout_s": 5.0,
            "quick_ack": True,
        }  # fmt: skip
        folder = court.run_folder(rounds=1)
        court.score(folder, court.judge(calibration=None, backend=backend, model={"alias": "steady"}))
    made = court.scores(folder)
    assert all(one.value is None and "not one JSON object" in (one.reason or "") for one in made)
    assert made[0].scored_by.startswith("steady@")


def test_a_judge_does_not_load_beside_a_cell_that_is_being_measured(court: Court) -> None:
    lock = {"mode": "fail", "timeout_s": 600.0, "device": None, "folder": str(court.place / "locks")}
    cell = {"accel": {"device": "CPU"}, "backend": {}, "device_lock": lock}
    folder = court.run_folder(rounds=1)
    with (
        device_lock.held(cell, {"cell": "demo-large"}, lambda _holder: False),
        pytest.raises(BackendError, match=r"played: the cpu is busy, held by .*cell demo-large"),
    ):
        court.score(folder, court.judge(device_lock=lock))
    assert court.noted("load") == 0
    court.score(folder, court.judge(calibration=None, device_lock=lock))
    assert court.noted("load") == 1
