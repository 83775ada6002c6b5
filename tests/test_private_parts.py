"""Private parts of other packages are used in one file each, which has a test that an upgrade breaks first."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import foundry_exp

PACKAGE = Path(foundry_exp.__file__).parent
HOMES = {
    "config/hydra_internals.py": ("hydra._internal",),
    "config/named_secrets.py": ("omegaconf: _get_full_key",),
    "run/engines/mailbox.py": ("ray.experimental", "ray._private", "ray._raylet", "ray: core_worker"),
    "tracking/mlflow_internals.py": ("mlflow.store", "mlflow.tracing.client"),
}
OF_OTHERS = ("hydra", "omegaconf", "ray", "mlflow")
OF_NODES = {"_get_full_key": "omegaconf", "_get_node": "omegaconf", "_value": "omegaconf", "_is_none": "omegaconf",
            "_is_missing": "omegaconf", "_dereference_node": "omegaconf", "_metadata": "omegaconf",
            "core_worker": "ray"}  # fmt: skip


def uses(path: Path) -> Iterator[str]:
    """Each private module, or private method of a node or a worker, that a file names."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.Attribute) and node.attr in OF_NODES and not _own(node.value):
            yield f"{OF_NODES[node.attr]}: {node.attr}"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and " " not in node.value:
            names = [node.value]  # of importlib
        for name in names:
            first, *inner = name.split(".")
            listed = any(name.startswith(private) for privates in HOMES.values() for private in privates)
            if first in OF_OTHERS and (listed or any(part.startswith("_") for part in inner)):
                yield name


def _own(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in ("self", "cls")


@pytest.mark.slow
def test_a_private_part_is_used_in_its_one_file() -> None:
    elsewhere = {}
    for path in PACKAGE.rglob("*.py"):
        file = path.relative_to(PACKAGE).as_posix()
        strange = [name for name in uses(path) if not name.startswith(HOMES.get(file, ()))]
        if strange:
            elsewhere[file] = strange
    assert elsewhere == {}


def test_each_of_these_files_still_needs_to_be_one() -> None:
    for home in HOMES:
        assert list(uses(PACKAGE / home)), f"{home} uses nothing private any more"
