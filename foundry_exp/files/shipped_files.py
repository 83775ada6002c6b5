"""Where the shipped files are: in a checkout at its top, in an installed wheel inside the package."""

import os
from pathlib import Path

from foundry_exp.errors import ConfigError, meant

SHIPPED = "shipped:"
_PACKAGE = Path(__file__).resolve().parents[1]
_WHEEL_DATA = _PACKAGE / "_data"


def shipped(kind: str) -> Path:
    """The folder of one kind of shipped file: conf, prompts, schemas or models."""
    if kind == "models" or (_WHEEL_DATA / kind).is_dir():
        return _WHEEL_DATA / kind
    return _PACKAGE.parent / kind


def locate(path: str, key: str) -> Path:
    """The absolute path that a config means: `shipped:kind/…`, or relative to the working directory.

    Raises ConfigError, naming `key`, when nothing is there.
    """
    if path.startswith(SHIPPED):
        kind, _, rest = path.removeprefix(SHIPPED).partition("/")
        place = shipped(kind) / rest
    else:
        place = Path(os.path.expanduser(path)).absolute()  # noqa: PTH111 — Path's own raises for an unknown ~user
    # Path's own raise for a name longer than a file system takes, which a prompt given for a path is.
    if not os.path.exists(place):  # noqa: PTH110
        is_folder = os.path.isdir(place.parent)  # noqa: PTH112
        beside = sorted(entry.name for entry in place.parent.iterdir()) if is_folder else []
        have = meant(place.name, beside) or (f"; its folder has {', '.join(beside[:8])}" if beside else "")
        msg = f"{key}: nothing at {place}{have}; give a path that exists."
        raise ConfigError(msg)
    return place
