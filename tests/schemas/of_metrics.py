"""What the catalogue says elsewhere: JSON Schema of what names figures, and README's table of definitions."""

from itertools import groupby
from typing import Any

from foundry_exp.metrics import catalogue, rates
from foundry_exp.metrics.figure import Figure
from foundry_exp.metrics.formats import POINTS
from foundry_exp.records.score import BEST, WORST

_DISTRIBUTION = {"$ref": "#/$defs/Distribution"}
_OF_SCORES = "^quality/"
"""Beside `quality`: one a scorer, one a criterion."""


def of_metrics() -> dict[str, Any]:
    """The part of run.json that holds the figures. Files of older and newer releases have fewer and more of them."""
    return {
        "title": "Metrics",
        "type": "object",
        "properties": {one.name: _of_figure(one) for one in catalogue.FIGURES if one.is_written},
        "patternProperties": {_OF_SCORES: {"anyOf": [_DISTRIBUTION, {"type": ["number", "null"]}]}},
        "additionalProperties": True,
    }


def of_limits() -> dict[str, Any]:
    """What a decision may limit, and within what."""
    return {key: _of_limit(one) for key, (one, _) in catalogue.limits().items()}


def of_weights() -> dict[str, Any]:
    """What counts how much in a decision."""
    return {name: {"type": "number", "minimum": 0} for name in catalogue.weights()}


def of_slos(limit: dict[str, Any]) -> dict[str, Any]:
    """What a good answer may be held to."""
    return dict.fromkeys(rates.slo_names(), limit)


def of_tolerances() -> dict[str, Any]:
    """How much worse than its baseline a gate accepts of each figure."""
    return {
        name: {"type": ["number", "null"], "minimum": 0, "description": _of_tolerance(catalogue.figure(name))}
        for name in catalogue.gated()
    }


def readme_table() -> str:
    """README's table of definitions; figures of one definition share a line."""
    written = [one for one in catalogue.FIGURES if one.is_written]
    lines = ["| metric | definition | elsewhere |", "|---|---|---|"]
    for (meaning, elsewhere), group in groupby(written, key=lambda one: (one.meaning, one.elsewhere)):
        names = ", ".join(f"`{one.name}`" for one in group)
        lines.append(f"| {names} | {meaning} | {f'{elsewhere} ' if elsewhere else ''}|")
    return "\n".join(lines)


def _of_figure(one: Figure) -> dict[str, Any]:
    value = {"anyOf": [_DISTRIBUTION, {"type": "null"}]} if one.is_distribution else {"type": ["number", "null"]}
    return {"description": one.meaning + (f", {one.unit.name}" if one.unit.name else ""), **value}


def _of_limit(one: Figure) -> dict[str, Any]:
    if one.unit.is_share:
        return {"type": ["number", "null"], "minimum": 0, "maximum": 1}
    if one.unit == POINTS:
        return {"type": ["number", "null"], "minimum": WORST, "maximum": BEST}
    return {"type": ["number", "null"], "exclusiveMinimum": 0}


def _of_tolerance(one: Figure) -> str:
    if one.is_ratio:
        return "Share of the baseline's"
    return "Share of all requests" if one.unit.is_share else "Points"
