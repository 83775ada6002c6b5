"""A text file that a user named: read whole, or refused in a sentence."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from foundry_exp.errors import ConfigError
from foundry_exp.files.digest import digest_of

Pairs = list[tuple[str, Any]]


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


def read_json(path: Path, *, most_bytes: int, too_large: str, as_object: Callable[[Pairs], Any] | None = None) -> Any:
    """What a JSON file holds; `as_object` makes each of its objects. Raises ConfigError, as `read` does."""
    text = read(path, most_bytes=most_bytes, too_large=too_large, kind="JSON")
    try:
        content = json.loads(text, object_pairs_hook=as_object)
        digest_of(content)
    except UnicodeEncodeError as error:
        msg = f"{path}: holds half a surrogate pair, which is no text; correct the escape."
        raise ConfigError(msg) from error
    except (ValueError, RecursionError) as error:
        msg = f"{path}: not JSON ({error}); correct the file."
        raise ConfigError(msg) from error
    return content


def repeated_key(pairs: Sequence[tuple[str, Any]]) -> str | None:
    """The first key of a JSON object that is there twice: JSON's reader takes the last one and says nothing."""
    keys = [key for key, _ in pairs]
    return next((key for key in keys if keys.count(key) > 1), None) if len(set(keys)) < len(keys) else None


def refuse_constant(name: str) -> Any:
    """Python's reader takes NaN and Infinity, which JSON does not have."""
    msg = f"{name} is no number of JSON"
    raise ValueError(msg)
