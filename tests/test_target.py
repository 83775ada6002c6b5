"""Addresses that stand in users' options and in old runs lead to where the part is now."""

from typing import Any

import pytest

from foundry_exp import target
from foundry_exp.config import compose
from foundry_exp.errors import ConfigError

OF_RELEASE_0_1 = {
    "backend/endpoint": "foundry_exp.backends.http.endpoint.EndpointBackend",
    "backend/generate": "foundry_exp.backends.generate.GenerateBackend",
    "backend/native": "foundry_exp.backends.native.NativeBackend",
    "backend/scripted": "foundry_exp.backends.scripted.ScriptedBackend",
    "backend/service": "foundry_exp.backends.http.service.ServiceBackend",
    "energy/heuristic": "foundry_exp.meters.energy.HeuristicEnergy",
    "energy/measured": "foundry_exp.meters.energy.MeasuredEnergy",
    "engine/local": "foundry_exp.engines.local.LocalEngine",
    "engine/ray": "foundry_exp.engines.ray.RayEngine",
    "scorer/annotation": "foundry_exp.scorers.annotation.Annotation",
    "scorer/facets": "foundry_exp.scorers.facets.Facets",
    "scorer/judge": "foundry_exp.scorers.judge.scorer.JudgeScorer",
    "tracker/mlflow": "foundry_exp.tracking.mlflow_store.MlflowTracker",
    "tracker/none": "foundry_exp.tracking.no_tracker.NoTracker",
}


@pytest.mark.slow
@pytest.mark.parametrize(("option", "address"), OF_RELEASE_0_1.items())
def test_every_part_that_a_released_option_named_is_the_one_that_the_option_names_now(
    option: str, address: str
) -> None:
    group, name = option.split("/")
    chosen = [f"{group}={name}", *(["backend.model_class=mine.Model"] if name == "generate" else [])]
    section = compose.jobs(chosen, multirun=False)[0][0].plain[group]
    now = section[name] if group == "scorer" else section
    assert target.current(address) == now["_target_"]
    assert target.resolve(address, option) is target.resolve(now["_target_"], option)


def test_each_old_address_leads_straight_to_one_of_today() -> None:
    assert not set(target.MOVED) & set(target.MOVED.values())
    assert {target.first(now) for now in target.MOVED.values()} == set(target.MOVED)
    assert target.first("mine.Backend") == "mine.Backend"
    for address in target.MOVED.values():
        assert target.resolve(address, "a line of the table").__qualname__ == address.rpartition(".")[2]


def test_a_config_is_brought_up_to_date_at_every_depth() -> None:
    old, new = next(iter(target.MOVED.items()))
    own = {"_target_": "mine.Own", "name": old}
    config: dict[str, Any] = {
        "scorer": {"judge": {"_target_": "x.Judge", "backend": {"_target_": old}}},
        "backend": own,
    }
    assert target.with_current(config) == {
        "scorer": {"judge": {"_target_": "x.Judge", "backend": {"_target_": new}}}, "backend": own,
    }  # fmt: skip


def test_an_error_names_the_address_that_was_given() -> None:
    old = "foundry_exp.backends.scripted.ScriptedBackend"
    with pytest.raises(ConfigError, match=rf"backend\.ttft: {old} has no such argument"):
        target.check({"_target_": old, "name": "mine", "ttft": 1}, "backend")
