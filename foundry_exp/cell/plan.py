"""From a composed config to a cell that can be run: checked whole, with its prompts read and its model found."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foundry_exp import data, prompts, schema, target
from foundry_exp.digest import digest_of
from foundry_exp.errors import ConfigError
from foundry_exp.machine.packages import installed
from foundry_exp.meters.energy import EnergyMeter
from foundry_exp.models import request
from foundry_exp.prompts import PromptSet
from foundry_exp.protocols import Backend, ModelRequest, Tracker
from foundry_exp.scorers.check import check

MEASURED_KEYS = ("model", "accel", "streaming", "backend", "generation", "workload")
"""The parts of a config that a timing depends on, besides the prompts."""

MEASURED_PACKAGES = ("foundry-exp", "foundry-local-sdk")

# What an option file of the user's own may leave out.
_UNSAID_OF_PROMPTS: dict[str, Any] = dict.fromkeys(("path", "text", "expected_tokens"))


@dataclass(frozen=True, slots=True)
class Cell:
    """One composed config, ready to run."""

    name: str
    sweep_id: str
    config: dict[str, Any]
    prompts: PromptSet
    model_path: Path | None
    overrides: tuple[str, ...] = ()
    """What the command, a recipe and the sweep chose for it."""

    @property
    def folder(self) -> Path:
        """The run folder of this cell."""
        return Path(self.config["output_dir"]) / "runs" / self.sweep_id / self.name

    @property
    def alias(self) -> str:
        """What tables call the model."""
        return request.alias_of(self.config["model"], self.model_path)

    @property
    def fingerprint(self) -> str:
        """Identity of the measurement: what a timing depends on, and nothing of reports or tracking."""
        measured = {key: self.config[key] for key in MEASURED_KEYS}
        packages = {name: installed(name) for name in MEASURED_PACKAGES}
        return digest_of([measured, self.prompts.digest, packages])

    def model_request(self, log_dir: Path) -> ModelRequest:
        """What the backend is asked to load."""
        offline = self.config["offline"]
        return request.request(self.config["model"], self.config["accel"], self.model_path, log_dir, offline=offline)


def plan(config: dict[str, Any], name: str, sweep_id: str) -> Cell:
    """Check one composed config against schemas and files; raise ConfigError for the first thing wrong."""
    schema.check(config, "config", "config")
    if "decision" in config:
        schema.check(config["decision"], "decision", "decision")
    target.check(config["backend"], "backend", Backend)
    request.refuse_bad_address(config["backend"], "backend")
    target.check(config["engine"], "engine")
    target.check(config["tracker"], "tracker", Tracker)
    target.check(config["energy"], "energy", EnergyMeter)
    whole = {**config, "model": request.whole(config["model"]), "prompts": _UNSAID_OF_PROMPTS | config["prompts"]}
    cell = Cell(name, sweep_id, whole, _prompts(whole["prompts"]), request.local_path(whole["model"], "model"))
    for scorer, spec in config["scorer"].items():
        check(scorer, spec, cell.prompts.samples)
    return cell


def _prompts(asked: dict[str, Any]) -> PromptSet:
    if asked["text"] is not None:
        return prompts.single(asked["text"], asked["name"])
    if asked["path"] is None:
        msg = "prompts: neither path nor text is given, got null; name a file with prompts.path=…"
        raise ConfigError(msg)
    return prompts.load(data.locate(asked["path"], "prompts.path"), asked["name"])
