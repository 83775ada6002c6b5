"""What was scored and sent of a cell, by its digest: a resumed sweep does what a kill kept back, asking no tracker."""

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from foundry_exp import __version__

NOTES = ".published"
"""In the sweep's folder: one file a cell, written when its run folder has been scored and sent."""
KEYS = ("scorer", "tracker")
"""The parts of a config that this depends on, besides the run folder."""


def folder_digest(folder: Path) -> str:
    """SHA-256 over this tool's version and every file that is not made from others, first 32 hex digits."""
    digest = hashlib.sha256(__version__.encode())
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        if path.name.startswith("report.") or path.parent.name == "plots":
            continue
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:32]


def note(folder: Path, config: Mapping[str, Any]) -> None:
    """Write down that the run folder, as it is now, is where the config says."""
    place = _place(folder)
    with suppress(OSError):  # without the note the tracker is asked once more, which sends nothing twice
        place.parent.mkdir(exist_ok=True)
        place.write_text(_text(folder, config), encoding="utf-8")


def is_current(folder: Path, config: Mapping[str, Any]) -> bool:
    """Whether the run folder was scored and sent so, and has not changed since."""
    try:
        return _place(folder).read_text(encoding="utf-8") == _text(folder, config)
    except (OSError, UnicodeDecodeError):
        return False


def _place(folder: Path) -> Path:
    return folder.parent / NOTES / f"{folder.name}.json"


def _text(folder: Path, config: Mapping[str, Any]) -> str:
    return json.dumps({"folder": folder_digest(folder), **{key: config[key] for key in KEYS}}) + "\n"
