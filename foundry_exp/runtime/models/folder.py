"""A model's own folder: is it an ONNX Runtime GenAI folder, how large is it, and what are its files."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING, Any

from foundry_exp.errors import ConfigError

if TYPE_CHECKING:
    from foundry_exp.records.run_result import FileStat

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
    try:
        named = _decoder_files(read_genai_config(folder)) if GENAI_CONFIG not in lacking else []
    except (ValueError, RecursionError):
        named = []
        lacking.append(f"a {GENAI_CONFIG} that is JSON")
    lacking += [f"{name}, which {GENAI_CONFIG} names" for name in named if not (folder / name).is_file()]
    if not named and not any(folder.glob("*.onnx")):
        lacking.append("a .onnx file")
    if "tokenizer_config.json" not in lacking and not _has_chat_template(folder):
        lacking.append("a chat template")
    return lacking


def _decoder_files(config: Mapping[str, Any]) -> list[str]:
    model = config.get("model")
    return list(_onnx_names(model.get("decoder"))) if isinstance(model, dict) else []


def _onnx_names(config: Any) -> Iterator[str]:
    """The files of a decoder, or of the steps of its pipeline, by their paths in the model's folder."""
    parts = config.items() if isinstance(config, dict) else enumerate(config) if isinstance(config, list) else ()
    for key, value in parts:
        if key == "filename" and isinstance(value, str) and value.endswith(".onnx"):
            yield value
        yield from _onnx_names(value)


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


def file_stats(folder: Path) -> "dict[str, FileStat]":
    """Every file by its path in the folder, or the one that it is; links are followed, and nothing is read."""
    seen = {}
    for path in sorted(folder.rglob("*")) if folder.is_dir() else [folder]:
        with suppress(OSError):
            stat = path.stat()
            if S_ISREG(stat.st_mode):
                times_ns = stat.st_mtime_ns, stat.st_ctime_ns
                seen[path.relative_to(folder).as_posix()] = (stat.st_dev, stat.st_ino, stat.st_size, *times_ns)
    return seen


def size_mb(folder: Path) -> float:
    """Size on disk in megabytes (10⁶ bytes)."""
    return stated_mb(file_stats(folder))


def stated_mb(stats: "Mapping[str, FileStat]") -> float:
    """The same of files that were looked at, in megabytes (10⁶ bytes)."""
    return sum(size for _, _, size, _, _ in stats.values()) / 1e6


def taken_mb(folder: Path) -> float:
    """What the disk has given to it (10⁶ bytes): less than its size while files have holes; 0 where none can say."""
    held = [getattr(path.stat(), "st_blocks", 0) for path in folder.rglob("*") if path.is_file()]
    return sum(held) * _BLOCK_BYTES / 1e6


def files_digest(folder: Path, stats: "Mapping[str, FileStat] | None" = None) -> str:
    """SHA-256 over the name and content of every file, or of those looked at before; first 16 hex digits."""
    return _digest(folder, tuple((file_stats(folder) if stats is None else stats).items()))


@lru_cache(maxsize=64)
def _digest(folder: Path, files: "tuple[tuple[str, FileStat], ...]") -> str:
    """Once a process while no file's stat changes: the cells of a sweep share models of many gigabytes."""
    digest = hashlib.sha256()
    for name, _ in files:
        digest.update(name.encode() + b"\0")
        with (folder / name).open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]


def file_changes(before: "Mapping[str, FileStat]", now: "Mapping[str, FileStat]") -> list[str]:
    """What became of files that were looked at before, the largest first; one that has come since is none of them."""
    others = [(name, stat) for name, stat in before.items() if now.get(name) != stat]
    return [f"{name} {_change(stat, now.get(name))}" for name, stat in sorted(others, key=lambda one: -one[1][2])]


def _change(before: "FileStat", now: "FileStat | None") -> str:
    if now is None:
        return "is gone"
    if now[2] != before[2]:
        return f"had {before[2]} bytes and has {now[2]}"
    return "is another file" if now[:2] != before[:2] else "was written to"
