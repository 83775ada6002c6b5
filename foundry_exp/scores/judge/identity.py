"""Which judge it is: scores by two that differ in anything are never mixed."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from foundry_exp.files.digest import digest_of
from foundry_exp.runtime.models import folder
from foundry_exp.scores.judge import prompt, verdict
from foundry_exp.scores.judge.judge import Settings

_DIGITS = 8
_LIMIT = "_timeout_s"
_PLUMBING = frozenset({"api_key_env", "cache_dir", "cache_only", "data_dir", "quick_ack"})
"""Keys of a backend that change how the model is got and reached, and not what it says."""


@dataclass(frozen=True, slots=True)
class Identity:
    """One judge."""

    variant: str
    files_digest: str | None
    """Null where its files cannot be seen: on another machine."""
    digest: str
    """Of its files, device, backend, settings and the words that it is asked with; first 8 hex digits."""

    @property
    def scored_by(self) -> str:
        """What its scores are known by."""
        return f"{self.variant}@{self.digest}"


def identify(alias: str, facts: Mapping[str, Any], backend: Mapping[str, Any], settings: Settings) -> Identity:
    """The judge that was loaded; one whose backend knows no variant goes by its alias."""
    variant = facts["variant"] or alias
    path = Path(facts["path"]) if facts["path"] else None
    files_digest = folder.files_digest(path) if path and path.is_dir() else None
    place = {"device": facts["device"], "backend": _weighed(_effective(backend))}
    words = [prompt.DIGEST, verdict.SCHEMA]
    digest = digest_of([variant, files_digest, place, _effective(asdict(settings)), words])
    return Identity(variant, files_digest, digest[:_DIGITS])


def _effective(section: Mapping[str, Any]) -> dict[str, Any]:
    """What of a section can change a verdict; a backend of ours is known by its name, since its class may move."""
    told = {name: value for name, value in section.items() if not name.endswith(_LIMIT) and name not in _PLUMBING}
    if str(told.get("_target_")).startswith("foundry_exp."):
        del told["_target_"]
    return told


def _weighed(backend: dict[str, Any]) -> dict[str, Any]:
    """The section with the content of its weights for their place, where they are a file; a folder has its own."""
    named = backend.get("weights_path")
    path = Path(named).expanduser() if isinstance(named, str) and named else None
    if path is None or not path.is_file():
        return backend
    with path.open("rb") as file:
        return {**backend, "weights_path": hashlib.file_digest(file, "sha256").hexdigest()}
