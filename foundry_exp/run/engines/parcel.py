"""What travels between the machine of the command and the node that measures a cell: orders, folders and the code."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from foundry_exp.errors import ConfigError, StoreError
from foundry_exp.files import disk, shipped_files
from foundry_exp.measure.attempts import Attempt
from foundry_exp.measure.cell import Cell
from foundry_exp.measure.outcome import Outcome

MOST_CODE_MB = 100
"""Ray refuses more than a few hundred; the package has about six."""
_PACKAGE = Path(__file__).resolve().parents[2]

Files = Mapping[str, bytes]
"""A folder: each file's path in it, with `/`, and its content."""


@dataclass(frozen=True, slots=True)
class Order:
    """To the node."""

    cell: Cell
    attempt: Attempt
    """The first try; each further one of the engine has the next number."""
    files: Files
    """The run folder so far."""
    source: dict[str, Any]
    """What only the machine of the command knows of the environment."""
    sdk_version: str | None
    """Of the Foundry Local SDK that the cell's fingerprint names."""
    mailbox: str
    """Where steps are left."""
    cell_timeout_s: float
    folder_limit_mb: float


@dataclass(frozen=True, slots=True)
class Delivery:
    """From the node."""

    outcome: Outcome
    files: Files


def pack(folder: Path, limit_mb: float) -> Files:
    """Every file of a folder; raises StoreError when they are more than the limit."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    size_mb = sum(path.stat().st_size for path in paths) / 1e6
    if size_mb > limit_mb:
        msg = (
            f"{folder}: {size_mb:.0f} MB are more than engine.folder_limit_mb={limit_mb:g}; raise it, or measure less."
        )
        raise StoreError(msg)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def unpack(files: Files, folder: Path) -> None:
    """Write the files into a folder, each one by rename."""
    for name, content in files.items():
        parts = PurePosixPath(name).parts
        if not parts or ".." in parts or PurePosixPath(name).is_absolute():
            msg = (
                f"{folder}: a node sent a file named {name!r}, which lies outside; it is left out with all that follow."
            )
            raise StoreError(msg)
        path = folder.joinpath(*parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        disk.write_whole_bytes(path, content)


@contextmanager
def staged_code() -> Iterator[Path]:
    """The package as nodes are sent it: in the shape of a wheel, with conf, prompts, schemas and the models inside."""
    with tempfile.TemporaryDirectory(prefix="foundry_exp-") as place:
        copy = Path(place) / _PACKAGE.name
        shutil.copytree(_PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
        for kind in ("conf", "prompts", "schemas"):
            shutil.copytree(shipped_files.shipped(kind), copy / "_data" / kind, dirs_exist_ok=True)
        size_mb = sum(path.stat().st_size for path in copy.rglob("*") if path.is_file()) / 1e6
        if size_mb > MOST_CODE_MB:
            msg = f"{_PACKAGE}: {size_mb:.0f} MB are too much to send to nodes; move away what is not the tool's."
            raise ConfigError(msg)
        yield copy
