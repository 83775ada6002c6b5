"""Which judge it is: scores by two that differ in anything are never mixed."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from foundry_exp.digest import digest_of
from foundry_exp.models import folder
from foundry_exp.scorers.judge import prompt, verdict
from foundry_exp.scorers.judge.bench import Settings

_DIGITS = 8
_WITHOUT_EFFECT = ("first_token_timeout_s", "idle_timeout_s", "total_timeout_s")


@dataclass(frozen=True, slots=True)
class Identity:
    """One judge."""

    variant: str
    files_digest: str | None
    """Null where its files cannot be seen: on another machine."""
    digest: str
    """Of its files, device, address, settings and the words that it is asked with; first 8 hex digits."""

    @property
    def scored_by(self) -> str:
        """What its scores are known by."""
        return f"{self.variant}@{self.digest}"


def identify(facts: dict[str, Any], backend: dict[str, Any], settings: Settings) -> Identity:
    """The judge that was loaded."""
    path = Path(facts["path"]) if facts["path"] else None
    files_digest = folder.files_digest(path) if path and path.is_dir() else None
    counted = {name: value for name, value in asdict(settings).items() if name not in _WITHOUT_EFFECT}
    place = {"name": backend["name"], "base_url": backend.get("base_url"), "device": facts["device"]}
    words = [prompt.DIGEST, verdict.SCHEMA]
    digest = digest_of([facts["variant"], files_digest, place, counted, words])
    return Identity(facts["variant"], files_digest, digest[:_DIGITS])
