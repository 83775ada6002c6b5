"""The door answers without the libraries that it does not need, and says only what is there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from foundry_exp.cli import help_page
from foundry_exp.files import shipped_files
from tests.conftest import Run, clean_environment, command

HEAVY = ("mlflow", "openai", "foundry_local_sdk", "torch", "pandas", "numpy", "pydantic")
WIDEST = 100
PROBE = """
import sys
from foundry_exp.cli import main
code = main.main(sys.argv[1:])
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


@pytest.mark.real
@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["--help"], 0), (["--cfg", "job"], 0), (["model=nope"], 2), (["generation.max_tokens=x"], 2), (["nope"], 2)],
)
def test_quick_answers_load_nothing_heavy(arguments: list[str], code: int) -> None:
    exit_code, modules = loaded(*arguments)
    assert exit_code == code
    assert not modules & set(HEAVY)


@pytest.mark.real
def test_help_comes_before_hydra_is_imported() -> None:
    assert "hydra" not in loaded("--help")[1]


@pytest.mark.real
def test_a_reader_that_has_enough_is_no_traceback() -> None:
    process = subprocess.Popen(
        command(["--help"]), env=clean_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.close()
    _, complaint = process.communicate(timeout=60)
    assert (process.returncode, complaint) == (1, b"")


def test_help_lists_every_option_and_every_verb() -> None:
    text = help_page.text()
    for path in shipped_files.shipped("conf").glob("*/*.yaml"):
        if path.parent.name != "hydra":
            assert path.stem in text
    assert all(f"\n  {verb} " in text for verb in help_page.VERBS)
    assert max(map(len, text.splitlines())) <= WIDEST


@pytest.mark.real
@pytest.mark.parametrize("verb", help_page.VERBS)
def test_every_verb_has_help_with_an_example(verb: str, run: Run) -> None:
    done = run(verb, "--help")
    assert done.returncode == 0
    assert done.stderr == ""
    assert f"usage: python -m foundry_exp {verb}" in done.stdout
    example = done.stdout.partition("\nexample")[2]
    assert f"\n  python -m foundry_exp {verb}" in example
    assert max(map(len, done.stdout.splitlines())) <= WIDEST


@pytest.mark.real
@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (["reprt", "last"], "report"),
        (["report", "last", "--jsn"], "--json"),
        (["report", "lats"], "last"),
        (["modle=demo-small"], "model"),
        (["model=demo-smal"], "demo-small"),
        (["workload.round=3"], "workload.rounds"),
        (["prompts.path=promts.json"], "prompts.json"),
        (["recommend", "last", "weights.sped=3"], "weights.speed"),
        (["--info", "default"], "defaults"),
    ],
)
def test_a_slip_is_answered_with_what_was_meant(arguments: list[str], meant: str, run: Run, tmp_path: Path) -> None:
    (tmp_path / "prompts.json").write_text("[]", encoding="utf-8")
    done = run(*arguments)
    assert done.returncode == 2
    assert f"did you mean {meant}" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.real
def test_cfg_prints_what_can_be_run_again(run: Run) -> None:
    done = run("--cfg", "job", "--resolve", "model=demo-small")
    assert done.stderr == ""
    assert yaml.safe_load(done.stdout)["model"]["alias"] == "demo-small"
    swept = run("-m", "--cfg", "job", "model=demo-small,demo-large")
    assert [one["model"]["alias"] for one in yaml.safe_load_all(swept.stdout)] == ["demo-small", "demo-large"]


@pytest.mark.real
@pytest.mark.parametrize("view", [["--cfg", "hydra"], ["--cfg", "all"], ["--info"], ["--info", "defaults-tree"]])
def test_hydras_own_views_are_shown_or_refused_in_a_sentence(view: list[str], run: Run, tmp_path: Path) -> None:
    done = run(*view, "model=demo-small")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout
    refused = run(*view, "model=nope")
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.real
@pytest.mark.parametrize("arguments", [["--info", "defaults-tree"], ["--info"]])
def test_a_reader_of_hydras_own_view_that_has_enough_is_no_traceback(arguments: list[str]) -> None:
    process = subprocess.Popen(
        command(arguments), env=clean_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.close()
    _, complaint = process.communicate(timeout=60)
    assert complaint == b""


INTERRUPTED = """
import os, signal, sys
from foundry_exp import __main__ as door

wanted = sys.argv.pop(1)

class Interrupts:
    def find_spec(self, name, path=None, target=None):
        if name == wanted:
            os.kill(os.getpid(), signal.SIGINT)
            for _ in range(1000):  # the handler runs between two steps
                pass

sys.meta_path.insert(0, Interrupts())
door.main()
"""


@pytest.mark.real
@pytest.mark.skipif(os.name != "posix", reason="no such signal elsewhere")
@pytest.mark.parametrize(
    ("module", "arguments"),
    [
        ("foundry_exp.cli.main", ["--cfg", "job"]),
        ("foundry_exp.terminal", ["--cfg", "job"]),
        ("hydra", ["--cfg", "job"]),
        ("foundry_exp.cli.verbs.compare", ["compare", "last"]),
    ],
)
def test_ctrl_c_while_a_module_is_imported_is_one_line(module: str, arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, module, *arguments],
        env=clean_environment(), capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 130, done.stderr
    assert done.stderr.startswith("foundry_exp: interrupted")
    assert len(done.stderr.splitlines()) == 1
