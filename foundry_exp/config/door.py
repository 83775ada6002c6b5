"""The door: what was composed is checked whole, once, and every number is of its type from here on."""

from collections.abc import Mapping
from typing import Any

from foundry_exp import target
from foundry_exp.files import json_schema
from foundry_exp.records import config_json
from foundry_exp.records.config import Config
from foundry_exp.records.decision import Decision, Gate

_PARTS = ("backend", "engine", "tracker", "energy")
_OF_GROUP: Mapping[str, type[Decision | Gate]] = {"decision": Decision, "gate": Gate}


def checked(composed: dict[str, Any]) -> Config:
    """The config that was composed; raises ConfigError for the first thing in it that is not allowed."""
    json_schema.check(composed, "config", "config")
    for group in _OF_GROUP:
        if group in composed:
            json_schema.check(composed[group], group, group)
    scorers = {name: target.with_whole_numbers(one, f"scorer.{name}") for name, one in composed["scorer"].items()}
    parts = {name: target.with_whole_numbers(composed[name], name) for name in _PARTS}
    return config_json.build(Config, {**composed, **parts, "scorer": scorers})


def checked_section(group: str, composed: dict[str, Any], where: str) -> dict[str, Any]:
    """The same of a decision, or of a gate's rules."""
    json_schema.check(composed, group, where)
    section: dict[str, Any] = config_json.plain(config_json.build(_OF_GROUP[group], composed))
    return section
