"""A config out of plain data and back: nothing is lost, and numbers are of their types."""

from pathlib import Path

import pytest
import yaml

from foundry_exp import target
from foundry_exp.config import compose
from foundry_exp.records import config_json
from foundry_exp.records.config import Config, Judge, Scorer
from foundry_exp.records.config_sections import Model, Prompts, Workload
from foundry_exp.records.decision import Decision

RELEASED = sorted((Path(__file__).parents[1] / "fixtures" / "release_0_1").rglob("config.yaml"))


@pytest.mark.slow
def test_a_composed_config_comes_back_as_it_was() -> None:
    composed = compose.jobs(["decision=battery", "scorer=[facets,judge]", "engine=ray"], multirun=False)[0][0].plain
    config = config_json.build(Config, composed)
    assert config_json.plain(config) == composed
    assert isinstance(config.scorer["judge"], Judge)
    assert isinstance(config.scorer["facets"], Scorer)
    assert isinstance(config.decision, Decision)
    assert config.gate is None
    assert config.engine.arguments["max_retries"] == composed["engine"]["max_retries"]


@pytest.mark.parametrize("path", RELEASED, ids=lambda path: f"{path.parent.parent.name}/{path.parent.name}")
def test_a_config_of_the_first_release_is_read_whole(path: Path) -> None:
    written = target.with_current(yaml.safe_load(path.read_text(encoding="utf-8")))
    assert config_json.plain(config_json.build(Config, written)) == written


def test_a_whole_number_is_whole_and_another_number_stays() -> None:
    composed = compose.jobs([], multirun=False)[0][0].plain["workload"]
    workload = config_json.build(Workload, {**composed, "rounds": 2.0, "cooldown_s": 2.0, "rate_per_s": 3})
    assert [repr(one) for one in (workload.rounds, workload.cooldown_s, workload.rate_per_s)] == ["2", "2.0", "3"]


def test_what_is_left_out_has_its_default_and_what_is_unknown_is_passed_over() -> None:
    model = config_json.build(Model, {"alias": "m", "added_in_a_later_release": 1})
    assert model == Model(alias="m")
    assert config_json.plain(model) == {
        "alias": "m", "variant": None, "path": None, "context_length": None, "size_mb": None, "licence": None,
        "licence_source": None, "capabilities": [],
    }  # fmt: skip


def test_a_config_of_another_release_is_read_as_far_as_it_is_known() -> None:
    composed = compose.jobs(["scorer=judge"], multirun=False)[0][0].plain
    older = {**composed, "workload": {"rounds": 3}, "tracker": "none", "nobodys": 1}
    del older["prompts"]
    written = config_json.readable(older)
    assert (written.workload, written.tracker, written.prompts) == (None, None, None)
    assert written.scorer is not None
    assert written.scorer["judge"].arguments["repeats"] == 1
    assert written.unread == {"workload": "it has no key 'warmup'", "tracker": "it is no section of keys and values"}


@pytest.mark.parametrize("path", RELEASED[:1], ids=["old-run"])
def test_keys_that_came_after_a_config_was_written_have_their_defaults(path: Path) -> None:
    whole = target.with_current(yaml.safe_load(path.read_text(encoding="utf-8")))
    older = {**whole, "prompts": {key: whole["prompts"][key] for key in ("name", "path")}}
    composed = compose.jobs(["decision=battery"], multirun=False)[0][0].plain["decision"]
    older["decision"] = {key: value for key, value in composed.items() if key not in ("expected_tokens", "fleet")}
    written = config_json.readable(older)
    assert written.unread == {}
    assert written.prompts == Prompts(name=whole["prompts"]["name"], path=whole["prompts"]["path"])
    assert written.decision is not None
    assert (written.decision.expected_tokens, written.decision.fleet) == (None, None)
    assert written.decision.constraints == {
        **composed["constraints"],
        "licences": ("MIT", "Apache-2.0"),
        "capabilities": ("chat",),
    }
