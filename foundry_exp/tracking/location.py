"""Where the tracking store is: a SQLite file of this project, or an MLflow server."""

import re
import socket
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from foundry_exp.errors import ConfigError

ALLOWED = "sqlite:///PATH, http://HOST:PORT or https://HOST"
LATER = "or measure with tracker=none and publish later: python -m foundry_exp publish last"
PROBE_S = 2.0


@dataclass(frozen=True, slots=True)
class Location:
    """A store's address as MLflow takes it; the two paths are null for a server."""

    uri: str
    file: Path | None = None
    artifacts: Path | None = None


def locate(uri: str | None, output_dir: str) -> Location:
    """The store that a config means; relative paths are the working directory's."""
    if uri is None:
        return _sqlite(Path(output_dir) / "mlflow.db")
    if uri.startswith(("http://", "https://")):
        return Location(uri.rstrip("/"))
    path = uri.removeprefix("sqlite:///")
    if path == uri or path in ("", ":memory:"):
        msg = f"tracker.uri: not a place that runs are published to, got {without_secrets(uri)!r}; use {ALLOWED}."
        raise ConfigError(msg)
    return _sqlite(Path(path))


def _sqlite(path: Path) -> Location:
    file = path.resolve()
    if "?" in str(file):
        msg = f"{file}: a SQLite address cannot hold a question mark; choose another output_dir or tracker.uri."
        raise ConfigError(msg)
    return Location(f"sqlite:///{file.as_posix()}", file, file.parent / "artifacts")


def without_secrets(text: str) -> str:
    """Text in which no address holds a user or a password."""
    return re.sub(r"(?<=://)[^/\s]*@", "", text)


def probe(uri: str) -> None:
    """Raise ConfigError unless something listens at a server's address."""
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        msg = f"tracker.uri: not an address ({error}), got {without_secrets(uri)!r}; use {ALLOWED}."
        raise ConfigError(msg) from error
    if not host:
        msg = f"tracker.uri: no host, got {without_secrets(uri)!r}; use {ALLOWED}."
        raise ConfigError(msg)
    try:
        with socket.create_connection((host, port or (443 if parts.scheme == "https" else 80)), timeout=PROBE_S):
            return
    except OSError as error:
        msg = f"tracker.uri: no server answers at {without_secrets(uri)} ({error}); start it, {LATER}"
        raise ConfigError(msg) from error
