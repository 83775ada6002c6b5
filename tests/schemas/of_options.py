"""JSON Schemas of the YAML files in `conf/`, for editors: the composed config's, with nothing in it required.

An option is a part of a config. What it leaves out comes from others, what it says may be an interpolation
(`${workload.seed}`) or Hydra's `???`, and `defaults` is Hydra's own list.
"""

from dataclasses import fields
from typing import Any

from hydra.conf import HydraConf

from foundry_exp.files import json_schema, shipped_files
from tests.schemas.of_config import DRAFT, OWN_SCHEMA

RECIPE = "experiment"
BY_NAME = ("scorer",)
"""Groups whose section of the config is a mapping by option: an option file is one entry of it."""

_DEFAULTS = {
    "type": "array",
    "description": "Hydra's: the options that this one is made from.",
    "items": {"type": ["object", "string"]},
}
_OPEN = {"type": "string", "pattern": r"\$\{|^\?\?\?$", "description": "an interpolation, or ??? for: must be given"}


def of_every_group() -> dict[str, dict[str, Any]]:
    """The schema of each group's options, by the group's name; of `experiment` and config.yaml, the whole config's."""
    whole = json_schema.load_schema("config")
    groups = sorted(path.name for path in shipped_files.shipped("conf").iterdir() if path.is_dir())
    parts = {group: _part(whole, group) for group in groups if group not in (RECIPE, "hydra")}
    return {
        **{group: _file(part, f"Option of {group}") for group, part in parts.items()},
        RECIPE: _file(_relaxed(whole, whole), "Recipe, or the default experiment", hydra=_hydra()),
        "hydra": _file(_hydra(), "Hydra's own settings"),
    }


def _part(whole: dict[str, Any], group: str) -> dict[str, Any]:
    if group in OWN_SCHEMA:
        own = json_schema.load_schema(group)
        return _relaxed(own, own)
    section = whole["properties"][group]
    return _relaxed(section["additionalProperties"] if group in BY_NAME else section, whole)


def _file(part: dict[str, Any], title: str, **more: dict[str, Any]) -> dict[str, Any]:
    properties = {**part.get("properties", {}), **more, "defaults": _DEFAULTS}
    schema = {"$schema": DRAFT, **part, "title": title, "properties": properties, "$defs": {"open": _OPEN}}
    if "then" in part:  # closed there, so the list must be allowed there too
        schema["then"] = {**part["then"], "properties": {**part["then"]["properties"], "defaults": _DEFAULTS}}
    return schema


def _hydra() -> dict[str, Any]:
    sections: dict[str, Any] = {field.name: {} for field in fields(HydraConf)}
    return {
        "type": "object",
        "properties": {**sections, "mode": {"enum": ["RUN", "MULTIRUN"]}},
        "additionalProperties": False,
    }


def _relaxed(node: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    """A schema with nothing required, references written out, and interpolations allowed for every value."""
    if "$ref" in node:
        return _relaxed(whole["properties"][node["$ref"].rpartition("/")[2]], whole)
    relaxed = {key: value for key, value in node.items() if key != "required"}
    if "properties" in node:
        relaxed["properties"] = {name: _or_open(value, whole) for name, value in node["properties"].items()}
    if isinstance(node.get("additionalProperties"), dict):
        relaxed["additionalProperties"] = _or_open(node["additionalProperties"], whole)
    if "if" in node:
        relaxed["if"] = {**node["if"], "required": list(node["if"]["properties"])}
        relaxed["then"] = _relaxed(node["then"], whole)
    return relaxed


def _or_open(node: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    """Description first, where editors look for it."""
    value = _relaxed(node, whole)
    about = {"description": value.pop("description")} if "description" in value else {}
    return {**about, "anyOf": [value, {"$ref": "#/$defs/open"}]}
