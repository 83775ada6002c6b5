"""What calibrating a judge came to, kept as one small file, so that the next sweep need not do it again."""

import json
from pathlib import Path
from typing import Any

from foundry_exp.files import disk
from foundry_exp.files.digest import digest_of


def find(folder: Path, made_of: dict[str, Any]) -> dict[str, Any] | None:
    """The figures of exactly this judge, rubric, set and settings; null when there are none, or the file is broken."""
    try:
        content = json.loads(_path(folder, made_of).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(content, dict) or content.get("made_of") != made_of:
        return None
    figures = content.get("figures")
    return figures if isinstance(figures, dict) else None


def keep(folder: Path, made_of: dict[str, Any], figures: dict[str, Any]) -> None:
    """Write the figures down, with all that they depend on."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"made_of": made_of, "figures": figures}, indent=2, ensure_ascii=False, allow_nan=False)
    disk.write_whole(_path(folder, made_of), text + "\n")


def _path(folder: Path, made_of: dict[str, Any]) -> Path:
    return folder / f"{digest_of(made_of)}.json"
