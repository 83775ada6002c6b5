"""A planned cell: one composed config, checked, with its prompts read and its model found."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foundry_exp.files.digest import digest_of
from foundry_exp.prompts.prompt_sets import PromptSet
from foundry_exp.protocols import ModelRequest
from foundry_exp.runtime.machine.packages import installed
from foundry_exp.runtime.models import request

MEASURED_KEYS = ("model", "accel", "streaming", "backend", "generation", "workload")
"""The parts of a config that a timing depends on, besides the prompts."""

MEASURED_PACKAGES = ("foundry-exp", "foundry-local-sdk")


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
