"""The package as nodes are sent it: in the shape of a wheel, with the shipped files inside."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from foundry_exp.errors import ConfigError
from foundry_exp.files import shipped_files

MOST_MB = 100
"""Ray refuses more than a few hundred; the package has about six."""
_PACKAGE = Path(__file__).resolve().parents[2]


@contextmanager
def staged() -> Iterator[Path]:
    """A copy of the package's folder that holds conf, prompts, schemas and the demonstration models."""
    with tempfile.TemporaryDirectory(prefix="foundry_exp-") as place:
        copy = Path(place) / _PACKAGE.name
        shutil.copytree(_PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
        for kind in ("conf", "prompts", "schemas"):
            shutil.copytree(shipped_files.shipped(kind), copy / "_data" / kind, dirs_exist_ok=True)
        size_mb = sum(path.stat().st_size for path in copy.rglob("*") if path.is_file()) / 1e6
        if size_mb > MOST_MB:
            msg = f"{_PACKAGE}: {size_mb:.0f} MB are too much to send to nodes; move away what is not the tool's."
            raise ConfigError(msg)
        yield copy
