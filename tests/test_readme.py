"""The README's commands are those that CI runs, and what it lists is what there is."""

import re
import shlex
from pathlib import Path

import pytest

from foundry_exp.cli import help_page
from foundry_exp.config import compose
from foundry_exp.config.plan import plan
from foundry_exp.files import shipped_files
from tests.conftest import absent

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def readme() -> str:
    path = ROOT / "README.md"
    if not path.exists():
        absent("the README lies in a checkout")
    return path.read_text(encoding="utf-8")


def test_it_opens_with_the_two_one_line_commands(readme: str) -> None:
    commands = [line for line in readme.splitlines() if line.startswith("test -x .venv/bin/")]
    assert len(commands) == 2
    assert commands[0].endswith("-e .; } && .venv/bin/python -m foundry_exp")
    assert commands[1].endswith("-e '.[dev]'; } && .venv/bin/python -m pytest")
    assert all("-c constraints.txt" in command for command in commands)


def test_ci_runs_the_readmes_own_test_command() -> None:
    assert "README.md" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


@pytest.mark.slow
def test_every_command_it_shows_composes(readme: str) -> None:
    shown = re.findall(r"^python -m foundry_exp ?([^#\n]*)", readme, flags=re.MULTILINE)
    assert len(shown) >= 5
    for line in shown:
        words = shlex.split(line)
        if words and words[0] in help_page.VERBS:
            continue
        overrides = [word.replace("/path/to/folder", "shipped:models/demo-small") for word in words if word != "-m"]
        every_job, _ = compose.jobs(overrides, multirun="-m" in words)
        assert all(plan(compose.plain(job.config), "cell", "sweep") for job in every_job)


def test_the_options_it_lists_are_the_options_there_are(readme: str) -> None:
    for group, listed in re.findall(r"^\| `(\w+)` \| (`[^|]+) \|", readme, flags=re.MULTILINE):
        folder = shipped_files.shipped("conf") / group
        if folder.is_dir():
            assert set(re.findall(r"`([^`]+)`", listed)) == {path.stem for path in folder.glob("*.yaml")}


def test_constraints_pin_everything_and_name_no_index() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert all("==" in line for line in pins)
    assert not any("://" in line or line.startswith("-") for line in lines)
    for package in (
        "hydra-core",
        "omegaconf",
        "openai",
        "foundry-local-sdk",
        "numpy",
        "mlflow",
        "jsonschema",
        "psutil",
        "rich",
    ):
        assert any(line.startswith(f"{package}==") for line in pins)
