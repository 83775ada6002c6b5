"""Nothing is written in a syntax that the oldest supported Python does not read."""

import ast
import tomllib
from pathlib import Path

import pytest

from tests.conftest import absent

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
def test_every_file_is_python_3_11() -> None:
    if not (ROOT / "pyproject.toml").exists():
        absent("the versions are named in a checkout")
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert told["project"]["requires-python"].startswith(">=3.11,")
    for path in [*(ROOT / "foundry_exp").rglob("*.py"), *(ROOT / "tests").rglob("*.py")]:
        ast.parse(path.read_text(encoding="utf-8"), str(path), feature_version=(3, 11))


def test_the_look_finds_what_is_too_new() -> None:
    with pytest.raises(SyntaxError):
        ast.parse("type Name = str\n", feature_version=(3, 11))
