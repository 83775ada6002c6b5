"""A model's own folder: is it an ONNX Runtime GenAI folder, how large is it, and what are its files."""

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from foundry_exp.errors import ConfigError

GENAI_CONFIG = "genai_config.json"
_BLOCK_BYTES = 512
"""Of `st_blocks`, whatever the file system's own."""
_TEMPLATES = ("chat_template.jinja", "chat_template.json")


def check(folder: Path, key: str) -> None:
    """Raise ConfigError naming what an ONNX Runtime GenAI folder needs and this one lacks."""
    if not folder.is_dir():
        msg = f"{key}: {folder} is a file; give the folder that holds {GENAI_CONFIG}."
        raise ConfigError(msg)
    lacking = missing(folder)
    if lacking:
        msg = (
            f"{key}: {folder} is no ONNX Runtime GenAI folder, it lacks {', '.join(lacking)}; "
            f"make one with its model builder."
        )
        raise ConfigError(msg)


def missing(folder: Path) -> list[str]:
    """What an ONNX Runtime GenAI folder needs and this one lacks."""
    lacking = [name for name in (GENAI_CONFIG, "tokenizer_config.json") if not (folder / name).is_file()]
    if not any(folder.glob("*.onnx")):
        lacking.append("a .onnx file")
    if GENAI_CONFIG not in lacking:
        try:
            read_genai_config(folder)
        except ValueError:
            lacking.append(f"a {GENAI_CONFIG} that is JSON")
    if "tokenizer_config.json" not in lacking and not _has_chat_template(folder):
        lacking.append("a chat template")
    return lacking


def _has_chat_template(folder: Path) -> bool:
    if any((folder / name).is_file() for name in _TEMPLATES):
        return True
    try:
        config = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    except ValueError:
        return False
    return bool(isinstance(config, dict) and config.get("chat_template"))


def read_genai_config(folder: Path) -> dict[str, Any]:
    """genai_config.json; raises ValueError when it is no JSON object."""
    config = json.loads((folder / GENAI_CONFIG).read_text(encoding="utf-8"))
    if not isinstance(config, dict):
        msg = "not an object"
        raise ValueError(msg)  # noqa: TRY004 — the file is wrong, not the caller
    return config


def context_length(folder: Path) -> int | None:
    """Tokens of prompt and answer together that the model can hold."""
    try:
        length = read_genai_config(folder).get("model", {}).get("context_length")
    except (OSError, ValueError):
        return None
    return length if isinstance(length, int) and length > 0 else None


def size_mb(folder: Path) -> float:
    """Size on disk in megabytes (10⁶ bytes)."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def taken_mb(folder: Path) -> float:
    """What the disk has given to it (10⁶ bytes): less than its size while files have holes; 0 where none can say."""
    held = [getattr(path.stat(), "st_blocks", 0) for path in folder.rglob("*") if path.is_file()]
    return sum(held) * _BLOCK_BYTES / 1e6


def files_digest(folder: Path) -> str:
    """SHA-256 over every file's name and content, first 16 hex digits."""
    seen = sorted((path, path.stat()) for path in folder.rglob("*") if path.is_file())
    return _digest(folder, tuple((path, stat.st_size, stat.st_mtime_ns) for path, stat in seen))


@lru_cache(maxsize=64)
def _digest(folder: Path, files: tuple[tuple[Path, int, int], ...]) -> str:
    """Once a process while no file changes: the cells of a sweep share models of many gigabytes."""
    digest = hashlib.sha256()
    for path, _, _ in files:
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]
