"""The door: what was composed is checked whole, once, and every number is of its type from here on."""

from collections.abc import Mapping
from typing import TypeVar

from foundry_exp import target
from foundry_exp.files import json_schema
from foundry_exp.files.plain import mapping
from foundry_exp.records import config_json
from foundry_exp.records.config import Config
from foundry_exp.records.decision import Decision, Gate

_PARTS = ("backend", "engine", "tracker", "energy")
_CHOSEN: Mapping[type, str] = {Decision: "decision", Gate: "gate"}
"""Sections that a verb composes alone, and their groups."""
Section = TypeVar("Section", bound=Decision | Gate)


def checked(composed: Mapping[str, object]) -> Config:
    """The config that was composed; raises ConfigError for the first thing in it that is not allowed."""
    json_schema.check(composed, "config", "config")
    for group in _CHOSEN.values():
        if group in composed:
            json_schema.check(composed[group], group, group)
    scorers = {
        name: target.with_whole_numbers(mapping(one), f"scorer.{name}")
        for name, one in mapping(composed["scorer"]).items()
    }
    parts = {name: target.with_whole_numbers(mapping(composed[name]), name) for name in _PARTS}
    return config_json.build(Config, {**composed, **parts, "scorer": scorers})


def group_of(kind: type[Section]) -> str:
    """What the group of options is called that a section is chosen from."""
    return _CHOSEN[kind]


def checked_section(kind: type[Section], composed: Mapping[str, object], where: str) -> Section:
    """The same of a decision, or of a gate's rules."""
    json_schema.check(composed, group_of(kind), where)
    return config_json.build(kind, composed)
