"""From a composed config to a cell that can be run: checked whole, with its prompts read and its model found."""

from typing import Any

from foundry_exp import target
from foundry_exp.config.door import checked
from foundry_exp.errors import ConfigError
from foundry_exp.files import shipped_files
from foundry_exp.measure.cell import Cell
from foundry_exp.prompts import prompt_sets
from foundry_exp.prompts.prompt_sets import PromptSet
from foundry_exp.protocols import Backend, Tracker
from foundry_exp.records.config_json import plain
from foundry_exp.records.config_sections import Prompts
from foundry_exp.runtime.meters.energy import EnergyMeter
from foundry_exp.runtime.models import request
from foundry_exp.scores.check import check
from foundry_exp.scores.facets import kinds


def plan(composed: dict[str, Any], name: str, sweep_id: str) -> Cell:
    """Check one composed config against schemas and files; raise ConfigError for the first thing wrong."""
    config = checked(composed)
    target.check(plain(config.backend), "backend", Backend)
    request.refuse_bad_address(config.backend, "backend")
    target.check(plain(config.engine), "engine")
    target.check(plain(config.tracker), "tracker", Tracker)
    target.check(plain(config.energy), "energy", EnergyMeter)
    cell = Cell(name, sweep_id, config, _prompts(config.prompts), request.local_path(config.model, "model"))
    for scorer, spec in plain(config.scorer).items():
        check(scorer, spec, cell.prompts.samples)
    return cell


def _prompts(asked: Prompts) -> PromptSet:
    if asked.text is not None:
        return prompt_sets.single(asked.text, asked.name)
    if asked.path is None:
        msg = "prompts: neither path nor text is given, got null; name a file with prompts.path=…"
        raise ConfigError(msg)
    return kinds.load(shipped_files.locate(asked.path, "prompts.path"), asked.name)
