"""Every command block of the README, run from top to bottom in one folder as a reader would.

Two things are not as they stand. Cells are measured with the scripted backend, because what the commands say is under
test here and not the runtime; and what cannot run in a test is in NOT_RUN with the reason, and only looked over.
"""

import importlib
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from foundry_exp.cli import help_page
from foundry_exp.config import compose
from foundry_exp.config.plan import plan
from foundry_exp.files import shipped_files
from tests.conftest import absent, clean_environment

ROOT = Path(__file__).parents[1]
NOT_RUN = {
    "test -x ": "installs; CI runs both as they stand (.ci/run)",
    "pip install": "downloads packages",
    "onnxruntime_genai.models.builder": "downloads a model and builds it",
    "models pull": "downloads models; tests/runtime/models/test_pull.py",
    "ssh ": "another machine",
    "base_url=http://127.0.0.1:5273": "what the tunnel leads to",
    "qwen2.5-0.5b,": "downloads models",
    "phi-4-mini": "downloads a model",
    "foundry_exp ui": "blocks; tests/cli/verbs/test_ui.py",
    "cells.sbatch": "a cluster; tests/run/test_shard.py",
    "ray ": "a cluster; tests/engines",
    "RAY_": "a cluster; tests/engines",
    "engine=ray": "a cluster; tests/engines",
    "sudo ": "a database; tests/tracking",
    "mlflow server": "blocks; tests/tracking",
    "uri=http": "the server of the line before; tests/tracking",
    "--uri http": "the server of the line before; tests/tracking",
    "FOUNDRY_EXP_ALLOW=mine": "needs the files above it; tests/runtime/backends/test_own_class.py",
    "scorer=[facets,judge]": "the trial of a judge is 196 replies of a model; tests/scores/judge/test_command.py",
    "calibrate": "minutes; tests/cli/verbs/test_calibrate.py",
    "annotate import": "needs what people fill in; tests/annotation",
    "/models/gemma-2-2b": "the model that is built above it",
    "model.alias=gemma-2-2b": "the model that is built above it",
}
EXITS = {
    "doctor": (0, 1),  # what it finds is of the machine
    "annotate": (0, 1),  # nobody has scored yet
    "recommend": (0, 1),  # a scripted model need not qualify
    "models": (0, 1),  # there may be no catalogue to reach, and the folder of one model stands for another's
}
STANDS_FOR = {
    "/path/to/folder": "shipped:models/demo-small",
    "sweep.repeats=3": "sweep.repeats=1",  # eight cells fewer
    "/models/mine": str(shipped_files.shipped("models") / "demo-small"),
}
FAST = (
    "backend=scripted", "backend.realtime=false", "workload.warmup=0", "tracker=none", "draw_plots=false",
    "device_lock.folder=locks",
)  # fmt: skip


def readme() -> str:
    path = ROOT / "README.md"
    if not path.exists():
        absent("the README lies in a checkout")
    return path.read_text(encoding="utf-8")


def commands() -> list[str]:
    """Each line of each bash block, without its comment."""
    blocks = re.findall(r"^```bash\n(.*?)^```", readme(), flags=re.MULTILINE | re.DOTALL)
    return [re.sub(r"\s+#.*", "", line) for block in blocks for line in block.splitlines()]


def reason_not_to_run(command: str) -> str | None:
    return next((reason for part, reason in NOT_RUN.items() if part in command), None)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reader's folder, with what the commands name, and `python` and `foundry-exp` on the path."""
    if os.name != "posix":
        absent("bash runs the blocks")
    made = tmp_path_factory.mktemp("reader")
    for named in ("prompts/sets/deterministic.json", "tests/config/models.json"):
        (made / named).parent.mkdir(parents=True)
        shutil.copy(ROOT / named, made / named)
    (made / "bin").mkdir()
    for name, call in (("python", ""), ("foundry-exp", " -m foundry_exp")):
        program = made / "bin" / name
        program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)}{call} "$@"\n', encoding="utf-8")
        program.chmod(0o755)
    return made


def as_run(command: str) -> str:
    for shown, stands in STANDS_FOR.items():
        command = command.replace(shown, stands)
    words = command.split()
    verb = next((word for word in words if word in help_page.VERBS), None)
    if verb is None and "foundry" in words[0] + "".join(words[1:3]) and "eval" not in command and "--" not in command:
        return " ".join([*words, *FAST])
    if verb in ("doctor", "models"):
        own = ["offline=true", "backend.data_dir=foundry", "backend.cache_dir=foundry/models"]
        return " ".join([*words, *(own if "add" not in words else own[1:])])
    return command


@pytest.mark.real
def test_the_blocks_run_in_order(folder: Path) -> None:
    ran = [command for command in commands() if not reason_not_to_run(command)]
    assert len(ran) >= 20
    environment = {**clean_environment(), "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    for command in ran:
        done = subprocess.run(
            ["bash", "-c", as_run(command)], cwd=folder, env=environment,
            capture_output=True, text=True, encoding="utf-8", check=False, timeout=120,
        )  # fmt: skip
        verb = next((word for word in command.split() if word in help_page.VERBS), "")
        assert done.returncode in EXITS.get(verb, (0,)), f"{command}\n{done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr, command


@pytest.mark.slow
@pytest.mark.parametrize("command", [command for command in commands() if reason_not_to_run(command)])
def test_what_is_not_run_is_at_least_a_command_that_there_is(command: str) -> None:
    words = shlex.split(command.partition("foundry_exp ")[2])
    if "foundry_exp " not in command or "FOUNDRY_EXP_ALLOW" in command or "&&" in command:
        return
    if words and words[0] in help_page.VERBS:
        shown = importlib.import_module(f"foundry_exp.cli.verbs.{words[0]}").HELP
        assert [word for word in words if word.startswith("--") and word not in shown] == []
        return
    overrides = [word for word in words if word != "-m"]
    if "model.alias=gemma-2-2b" in overrides:
        overrides.append("model.path=shipped:models/demo-small")
    every_job, _ = compose.jobs(overrides, multirun="-m" in words)
    assert all(plan(compose.plain(job.config), "cell", "sweep") for job in every_job)


def test_every_exception_is_one() -> None:
    shown = commands()
    assert [part for part in NOT_RUN if not any(part in command for command in shown)] == []
