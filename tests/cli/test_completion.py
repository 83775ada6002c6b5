"""Shell completion as bash asks for it: Hydra's script, our door, a real shell."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import absent, clean_environment, command

pytestmark = pytest.mark.real

COMPLETE = """
eval "$(foundry-exp --shell-completion install=bash)"
COMP_LINE={line}; COMP_POINT=${{#COMP_LINE}}; COMP_WORDS=($COMP_LINE); COMP_CWORD={number}
$(complete -p foundry-exp | sed 's/.*-F \\([^ ]*\\) .*/\\1/')
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for PATH with `foundry-exp` in it."""
    if os.name != "posix" or not shutil.which("bash"):
        absent("bash completes")
    folder = tmp_path_factory.mktemp("bin")
    program = folder / "foundry-exp"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m foundry_exp "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return folder


def completed(programs: Path, line: str, cwd: Path | None = None) -> list[str]:
    number = len(line.split()) - (not line.endswith(" "))
    done = subprocess.run(
        ["bash", "--norc", "-c", COMPLETE.format(line=shlex.quote(line), number=number)],
        env={**clean_environment(), "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"},
        cwd=cwd, capture_output=True, text=True, encoding="utf-8", check=True, timeout=60,
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize(
    ("line", "among"),
    [
        ("foundry-exp rec", {"recommend"}),
        ("foundry-exp mod", {"models", "model="}),
        ("foundry-exp model=demo", {"model=demo-small", "model=demo-large"}),
        ("foundry-exp workload.ro", {"workload.rounds="}),
        ("foundry-exp -m model=demo-small,dem", {"model=demo-small,demo-large"}),
        ("foundry-exp model=demo-small --mul", {"--multirun"}),
        ("foundry-exp models p", {"pull"}),
        ("foundry-exp compare last --mark", {"--markdown"}),
        ("foundry-exp recommend last decision=low", {"decision=low-memory"}),
    ],
)
def test_bash_completes(programs: Path, line: str, among: set[str]) -> None:
    offered = completed(programs, line)
    assert among <= set(offered)
    assert all(choice.startswith(line.rsplit(maxsplit=1)[-1]) for choice in offered)


def test_options_of_your_own_are_offered(programs: Path, tmp_path: Path) -> None:
    own = tmp_path / "conf" / "prompts"
    own.mkdir(parents=True)
    (own / "mine.yaml").write_text("name: mine\ntext: Hello\n", encoding="utf-8")
    assert completed(programs, "foundry-exp prompts=mi", cwd=tmp_path) == ["prompts=mine"]


def test_a_line_that_does_not_compose_is_not_answered_with_a_traceback(programs: Path) -> None:
    assert completed(programs, "foundry-exp model=nope workload.ro") == []


def test_without_a_line_every_verb_is_offered() -> None:
    done = subprocess.run(
        command(["-sc", "query=bash"]), env=clean_environment(), capture_output=True, text=True, check=True, timeout=60
    )
    assert {"report", "model="} <= set(done.stdout.split())


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_get_hydras_script(programs: Path, shell: str) -> None:
    done = subprocess.run(
        [programs / "foundry-exp", "-sc", f"install={shell}"], capture_output=True, text=True, check=True, timeout=60
    )
    assert "foundry-exp" in done.stdout


def test_what_cannot_be_installed_is_said(programs: Path) -> None:
    done = subprocess.run(
        [programs / "foundry-exp", "-sc", "install=tcsh"], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 2
    assert "install=bash" in done.stderr
