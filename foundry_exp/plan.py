"""From a composed config to a cell that can be run: checked whole, with its prompts read and its model found."""

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from foundry_exp import data, prompts, schema, target
from foundry_exp.digest import digest_of
from foundry_exp.errors import ConfigError
from foundry_exp.models import folder
from foundry_exp.prompts import PromptSet
from foundry_exp.protocols import ModelRequest

MEASURED_KEYS = ("model", "accel", "streaming", "backend", "generation", "workload")
"""The parts of a config that a timing depends on, besides the prompts."""

MEASURED_PACKAGES = ("foundry-exp", "foundry-local-sdk")

# What an option file of the user's own may leave out.
_UNSAID_OF_MODEL: dict[str, Any] = {
    **dict.fromkeys(("alias", "variant", "path", "context_length", "size_mb", "licence", "licence_source")),
    "capabilities": [],
}
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
        model = self.config["model"]
        if model["alias"]:
            return str(model["alias"])
        return str(model["variant"]).partition(":")[0] if model["variant"] else (self.model_path or Path("model")).name

    @property
    def fingerprint(self) -> str:
        """Identity of the measurement: what a timing depends on, and nothing of reports or tracking."""
        measured = {key: self.config[key] for key in MEASURED_KEYS}
        packages = {name: version(name) for name in MEASURED_PACKAGES}
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
    _refuse_no_address(config["backend"])
    target.check(config["tracker"], "tracker")
    target.check(config["energy"], "energy")
    for scorer, spec in config["scorer"].items():
        target.check(spec, f"scorer.{scorer}")
    whole = {**config, "model": _UNSAID_OF_MODEL | config["model"], "prompts": _UNSAID_OF_PROMPTS | config["prompts"]}
    return Cell(name, sweep_id, whole, _prompts(whole["prompts"]), _model_path(whole["model"]))


def _refuse_no_address(backend: dict[str, Any]) -> None:
    if "base_url" in backend and not backend["base_url"]:
        msg = (
            "backend.base_url: not set, got null; give the service's address, as in "
            "backend.base_url=http://127.0.0.1:5273/v1, or set FOUNDRY_LOCAL_ENDPOINT."
        )
        raise ConfigError(msg)


def _prompts(asked: dict[str, Any]) -> PromptSet:
    if asked["text"] is not None:
        return prompts.single(asked["text"], asked["name"])
    if asked["path"] is None:
        msg = "prompts: neither path nor text is given, got null; name a file with prompts.path=…"
        raise ConfigError(msg)
    return prompts.load(data.locate(asked["path"], "prompts.path"), asked["name"])


def _model_path(model: dict[str, Any]) -> Path | None:
    if model["path"]:
        path = data.locate(model["path"], "model.path")
        folder.check(path, "model.path")
        return path.resolve()
    if not model["alias"] and not model["variant"]:
        msg = "model: neither alias, variant nor path is given, got null; name one, as in model.alias=phi-4-mini."
        raise ConfigError(msg)
    return None
