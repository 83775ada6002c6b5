"""A text file that a user named: read whole, or refused in a sentence."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from foundry_exp.errors import ConfigError


def read(path: Path, *, most_bytes: int, too_large: str, kind: str) -> str:
    """The file's text, or ConfigError: `too_large` ends the sentence about one of more than `most_bytes`."""
    try:
        if path.stat().st_size > most_bytes:
            msg = f"{path}: larger than {most_bytes // 1_000_000} MB{too_large}"
            raise ConfigError(msg)
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        msg = f"{path}: not UTF-8 (byte {error.start}); save the file as UTF-8."
        raise ConfigError(msg) from error
    except OSError as error:
        msg = f"{path}: cannot be read ({error.strerror}); give a readable {kind} file."
        raise ConfigError(msg) from error


def repeated_key(pairs: Sequence[tuple[str, Any]]) -> str | None:
    """The first key of a JSON object that is there twice: JSON's reader takes the last one and says nothing."""
    keys = [key for key, _ in pairs]
    return next((key for key in keys if keys.count(key) > 1), None) if len(set(keys)) < len(keys) else None
