"""A planned cell: one composed config, checked, with its prompts read and its model found."""

from dataclasses import dataclass
from pathlib import Path

from foundry_exp.prompts.prompt_sets import PromptSet
from foundry_exp.protocols import ModelRequest
from foundry_exp.records import fingerprint
from foundry_exp.records.config import Config
from foundry_exp.records.config_json import plain
from foundry_exp.records.fingerprint import Measurement
from foundry_exp.runtime.machine.environment import installed
from foundry_exp.runtime.models import request


@dataclass(frozen=True, slots=True)
class Cell:
    """One composed config, ready to run."""

    name: str
    sweep_id: str
    config: Config
    prompts: PromptSet
    model_path: Path | None
    overrides: tuple[str, ...] = ()
    """What the command, a recipe and the sweep chose for it."""

    @property
    def folder(self) -> Path:
        """The run folder of this cell."""
        return Path(self.config.output_dir) / "runs" / self.sweep_id / self.name

    @property
    def alias(self) -> str:
        """What tables call the model."""
        return request.alias_of(self.config.model, self.model_path)

    @property
    def measurement(self) -> Measurement:
        """What a timing depends on, and nothing of reports or tracking."""
        return fingerprint.measurement(plain(self.config), self.prompts.samples, installed(fingerprint.SDK))

    @property
    def fingerprint(self) -> str:
        """Identity of the measurement."""
        return self.measurement.fingerprint

    def model_request(self, log_dir: Path) -> ModelRequest:
        """What the backend is asked to load."""
        offline = self.config.offline
        return request.request(self.config.model, self.config.accel, self.model_path, log_dir, offline=offline)
