"""The door answers without the libraries that it does not need, and says only what is there."""

import subprocess
import sys

import pytest

from foundry_exp import data, usage
from tests.conftest import clean_environment

HEAVY = ("mlflow", "openai", "foundry_local_sdk", "torch", "pandas", "numpy", "pydantic")
PROBE = """
import sys
from foundry_exp import cli
code = cli.main(sys.argv[1:])
print("loaded:", *sorted({name.partition(".")[0] for name in sys.modules}))
sys.exit(code)
"""


def loaded(*arguments: str) -> tuple[int, set[str]]:
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *arguments],
        env=clean_environment(), capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    line = next(line for line in done.stdout.splitlines() if line.startswith("loaded:"))
    return done.returncode, set(line.split()[1:])


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["--help"], 0), (["--cfg", "job"], 0), (["model=nope"], 2), (["generation.max_tokens=x"], 2), (["nope"], 2)],
)
def test_quick_answers_load_nothing_heavy(arguments: list[str], code: int) -> None:
    exit_code, modules = loaded(*arguments)
    assert exit_code == code
    assert not modules & set(HEAVY)


def test_help_comes_before_hydra_is_imported() -> None:
    assert "hydra" not in loaded("--help")[1]


def test_help_lists_every_option_and_every_verb() -> None:
    text = usage.text()
    for path in data.shipped("conf").glob("*/*.yaml"):
        if path.parent.name != "hydra":
            assert path.stem in text
    for verb in usage.VERBS:
        done = subprocess.run(
            [sys.executable, "-m", "foundry_exp", verb, "--help"],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0
        assert f"foundry_exp {verb}" in done.stdout
