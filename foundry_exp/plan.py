"""From a composed config to a cell that can be run: checked whole, with its prompts read and its model found."""

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from foundry_exp import data, prompts, schema, target
from foundry_exp.errors import ConfigError
from foundry_exp.models import folder
from foundry_exp.prompts import PromptSet, digest_of
from foundry_exp.protocols import ModelRequest

MEASURED_KEYS = ("model", "accel", "streaming", "backend", "generation", "workload")
"""The parts of a config that a timing depends on, besides the prompts."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One composed config, ready to run."""

    name: str
    sweep_id: str
    config: dict[str, Any]
    prompts: PromptSet
    model_path: Path | None

    @property
    def folder(self) -> Path:
        """The run folder of this cell."""
        return Path(self.config["output_dir"]) / "runs" / self.sweep_id / self.name

    @property
    def alias(self) -> str:
        """What tables call the model."""
        model = self.config["model"]
        if model["alias"]:
            return str(model["alias"])
        return str(model["variant"]).partition(":")[0] if model["variant"] else (self.model_path or Path("model")).name

    @property
    def fingerprint(self) -> str:
        """Identity of the measurement: what a timing depends on, and nothing of reports or tracking."""
        measured = {key: self.config[key] for key in MEASURED_KEYS}
        packages = {name: version(name) for name in ("foundry-exp", "foundry-local-sdk")}
        return digest_of([measured, self.prompts.digest, packages])

    def model_request(self, log_dir: Path) -> ModelRequest:
        """What the backend is asked to load."""
        accel = self.config["accel"]
        return ModelRequest(
            alias=self.alias,
            variant=self.config["model"]["variant"],
            path=self.model_path,
            accel=accel["name"],
            device=accel["device"],
            prefer=tuple(accel["prefer"]),
            log_dir=log_dir,
        )


def plan(config: dict[str, Any], name: str, sweep_id: str) -> Cell:
    """Check one composed config against schemas and files; raise ConfigError for the first thing wrong."""
    schema.check(config, "config", "config")
    target.check(config["backend"], "backend")
    target.check(config["tracker"], "tracker")
    prompt_set = prompts.load(data.locate(config["prompts"]["path"], "prompts.path"), config["prompts"]["name"])
    return Cell(name, sweep_id, config, prompt_set, _model_path(config["model"]))


def _model_path(model: dict[str, Any]) -> Path | None:
    if model["path"]:
        path = data.locate(model["path"], "model.path")
        folder.check(path, "model.path")
        return path.resolve()
    if not model["alias"] and not model["variant"]:
        msg = "model: neither alias, variant nor path is given, got null; name one, as in model.alias=phi-4-mini."
        raise ConfigError(msg)
    return None
