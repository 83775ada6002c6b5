"""Where the tracking store is: a SQLite file of this project, or an MLflow server."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from foundry_exp.errors import ConfigError
from foundry_exp.redact import holds_secret, without_secrets

ALLOWED = "sqlite:///PATH, http://HOST:PORT or https://HOST"
LATER = "or measure with tracker=none and publish later: python -m foundry_exp publish last"


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
        return _server(uri.rstrip("/"))
    path = uri.removeprefix("sqlite:///")
    if path == uri or path in ("", ":memory:"):
        msg = f"tracker.uri: not a place that runs are published to, got {without_secrets(uri)!r}; use {ALLOWED}."
        raise ConfigError(msg)
    return _sqlite(Path(path))


def _server(uri: str) -> Location:
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        msg = f"tracker.uri: not an address ({error}), got {without_secrets(uri)!r}; use {ALLOWED}."
        raise ConfigError(msg) from error
    if not host:
        msg = f"tracker.uri: no host, got {without_secrets(uri)!r}; use {ALLOWED}."
        raise ConfigError(msg)
    if holds_secret(uri):
        msg = (
            "tracker.uri: holds a user, a password or a query, and a run's config is written to disk; "
            f"give {without_secrets(uri)} and set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, "
            "or MLFLOW_TRACKING_TOKEN."
        )
        raise ConfigError(msg)
    return Location(uri)


def _sqlite(path: Path) -> Location:
    file = path.resolve()
    if "?" in str(file):
        msg = f"{file}: a SQLite address cannot hold a question mark; choose another output_dir or tracker.uri."
        raise ConfigError(msg)
    # MLflow takes %20 in an address for a space, and would publish into another folder's store; of an address without
    # the driver's name it makes the folder as it is written.
    scheme = "sqlite+pysqlite" if "%" in str(file) else "sqlite"
    return Location(f"{scheme}:///{file.as_posix().replace('%', '%25')}", file, file.parent / "artifacts")
