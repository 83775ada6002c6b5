"""A config runs no code of a package that FOUNDRY_EXP_ALLOW does not name, by whichever of Hydra's doors it tries."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from foundry_exp.cli import main
from tests.conftest import SCRIPTED, Run

EVIL = """
from pathlib import Path
Path(__file__).with_name("imported").touch()

class Loud:
    def __getattr__(self, hook):
        return lambda **_: Path(__file__).with_name("ran").touch()
"""
CALLBACK = "+hydra.callbacks.x._target_=evil.Loud"
FACTORY = """
# @package hydra.job_logging
version: 1
root: {handlers: [x]}
handlers:
  x:
    (): logging.os.system
    command: touch ran
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The working directory, with a module and a package in it that leave a file when they are imported."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delenv("FOUNDRY_EXP_ALLOW", raising=False)
    (tmp_path / "evil.py").write_text(EVIL, encoding="utf-8")
    (tmp_path / "evilpackage").mkdir()
    (tmp_path / "evilpackage" / "__init__.py").write_text("import evil\n", encoding="utf-8")
    yield tmp_path
    for name in ("evil", "evilpackage"):
        sys.modules.pop(name, None)


Refused = Callable[..., str]


@pytest.fixture
def refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> Refused:
    """`refused("accel=cpu")`: what the tool says of overrides that it must refuse before it does anything."""

    def start(*arguments: str) -> str:
        assert main.main([*SCRIPTED, *arguments]) == 2
        assert [name for name in ("imported", "ran", "mlruns") if (folder / name).exists()] == []
        return capsys.readouterr().err

    return start


def test_a_sweeper_that_would_choose_its_cells_is_refused(refused: Refused) -> None:
    other = "hydra._internal.core_plugins.basic_launcher.BasicLauncher"  # any plugin that Hydra has found
    assert f"{other} has nothing to choose" in refused("-m", f"hydra.sweeper._target_={other}", "generation.seed=1,2")


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("+hydra.callbacks.x._target_", "evil.Loud"),
        ("hydra.launcher._target_", "nope.L"),
        ("hydra.sweeper._target_", "evil.Loud"),
        ("+hydra.launcher.part._target_", "evil.Loud"),
        ("+hydra.job_logging.handlers.x.class", "evil.Loud"),
        ("+hydra.hydra_logging.handlers.x.stream", "'ext://evil.Loud'"),
    ],
)
def test_what_is_not_allowed_is_named_with_its_key_and_the_variable(refused: Refused, key: str, path: str) -> None:
    said = refused(f"{key}={path}")
    assert f"{key.removeprefix('+')}: {path.strip(chr(39)).removeprefix('ext://')} is not from an allowed" in said
    assert "FOUNDRY_EXP_ALLOW" in said


@pytest.mark.slow
@pytest.mark.parametrize("view", [["--info"], ["--cfg", "hydra"], ["--cfg", "job"], ["-m", "accel=cpu,auto"]])
def test_no_way_of_asking_runs_it(refused: Refused, view: list[str]) -> None:
    refused(*view, CALLBACK)


@pytest.mark.slow
def test_a_recipe_that_looks_innocent_runs_nothing(refused: Refused, folder: Path) -> None:
    (folder / "conf" / "experiment").mkdir(parents=True)
    recipe = "# @package _global_\nhydra: {callbacks: {x: {_target_: evil.Loud}}}\n"
    (folder / "conf" / "experiment" / "innocent.yaml").write_text(recipe, encoding="utf-8")
    assert "evil.Loud" in refused("experiment=innocent")
    assert "evil.Loud" in refused("experiment=innocent", "--info")


@pytest.mark.slow
def test_a_logging_option_calls_no_function(refused: Refused, folder: Path) -> None:
    (folder / "conf" / "hydra" / "job_logging").mkdir(parents=True)
    (folder / "conf" / "hydra" / "job_logging" / "mine.yaml").write_text(FACTORY.lstrip(), encoding="utf-8")
    assert "logging.os.system" in refused("hydra/job_logging=mine")


@pytest.mark.parametrize("path", ["hydra.utils.get_class", "foundry_exp.target.resolve"])
def test_an_allowed_packages_own_way_to_import_is_refused_too(refused: Refused, path: str) -> None:
    said = refused(f"+hydra.callbacks.x._target_={path}", "+hydra.callbacks.x.path=evil.Loud")
    assert f"{path} is no class" in said


def test_an_interpolation_hides_no_target(refused: Refused) -> None:
    said = refused("+hydra.callbacks.x._target_=${model.licence}", "model.licence=evil.Loud")
    assert "hydra.callbacks.x._target_: evil.Loud" in said


def test_a_folder_of_options_in_a_package_is_not_imported(refused: Refused) -> None:
    assert "evilpackage" in refused("hydra.searchpath=[pkg://evilpackage]")


@pytest.mark.real
def test_completion_imports_nothing(run: Run, folder: Path) -> None:
    line = f"foundry-exp hydra.searchpath=[pkg://evilpackage] {CALLBACK} mode"
    done = run("--shell-completion", "query=bash", COMP_LINE=line)
    assert "model=" in done.stdout
    assert not (folder / "imported").exists()


def test_a_launcher_that_is_no_plugin_of_hydras_is_refused(refused: Refused) -> None:
    said = refused("-m", "accel=cpu,auto", "hydra.launcher._target_=hydra.core.plugins.Plugins")
    assert "no launcher that Hydra has" in said
    assert "BasicLauncher" in said


def test_a_config_does_not_widen_what_is_allowed(refused: Refused) -> None:
    assert "hydra.job.env_set.FOUNDRY_EXP_ALLOW" in refused("+hydra.job.env_set.FOUNDRY_EXP_ALLOW=evil")


@pytest.mark.real
@pytest.mark.parametrize(
    "overrides", [["+hydra.callbacks.x._target_=hydra.experimental.callbacks.LogJobReturnCallback"], [CALLBACK]]
)
def test_what_is_allowed_runs(run: Run, folder: Path, overrides: list[str]) -> None:
    done = run(*SCRIPTED, "backend.realtime=false", "workload.rounds=1", *overrides, FOUNDRY_EXP_ALLOW="evil")
    assert done.returncode == 0, done.stderr
    assert (folder / "ran").exists() == (overrides == [CALLBACK])


@pytest.mark.real
def test_hydras_own_logging_stays_allowed(run: Run, folder: Path) -> None:
    assert run(*SCRIPTED, "hydra/job_logging=default", "--cfg", "job").returncode == 0
