"""What is used of Hydra's private parts is there and does what is relied on: an upgrade breaks these tests first.

Whatever fails here is mended in foundry_exp/config/hydra_internals.py.
"""

import copy
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hydra
import pytest
from hydra._internal.callbacks import Callbacks
from hydra._internal.config_repository import CachingConfigRepository, ConfigRepository
from hydra._internal.core_plugins.basic_launcher import BasicLauncher
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.global_hydra import GlobalHydra
from hydra.types import HydraContext
from omegaconf import OmegaConf

from foundry_exp.config import compose, hydra_internals, hydra_session
from foundry_exp.files import shipped_files

SWEEP = ["model=demo-small,demo-large", "scorer=none,judge", "prompts=workshop,meeting-notes", "generation.seed=1"]
RELIED_ON: dict[str, tuple[Callable[..., Any], list[str]]] = {
    "BasicSweeper.split_arguments": (BasicSweeper.split_arguments, ["overrides", "max_batch_size"]),
    "BasicLauncher.launch": (BasicLauncher.launch, ["self", "job_overrides", "initial_job_idx"]),
    "HydraContext": (HydraContext.__init__, ["self", "config_loader", "callbacks"]),
    "Callbacks": (Callbacks.__init__, ["self", "config"]),
    "CachingConfigRepository": (CachingConfigRepository.__init__, ["self", "delegate"]),
    "CachingConfigRepository.load_config": (CachingConfigRepository.load_config, ["self", "config_path"]),
    "CachingConfigRepository.group_exists": (CachingConfigRepository.group_exists, ["self", "config_path"]),
    "CachingConfigRepository.initialize_sources": (
        CachingConfigRepository.initialize_sources,
        ["self", "config_search_path"],
    ),
}


def by_hydra_alone(job: list[str]) -> str:
    with hydra.initialize_config_dir(str(shipped_files.shipped("conf")), version_base="1.3"):
        return OmegaConf.to_yaml(hydra.compose(hydra_session.CONFIG_NAME, job))


@pytest.mark.parametrize("name", RELIED_ON)
def test_a_private_part_still_takes_what_it_is_given(name: str) -> None:
    function, arguments = RELIED_ON[name]
    assert list(inspect.signature(function).parameters) == arguments


def test_the_config_loader_still_reads_through_the_repository_that_is_replaced() -> None:
    with compose.ready([]):
        loader: Any = GlobalHydra.instance().config_loader()
        assert isinstance(loader.repository, hydra_internals.ReadOnce)
        assert isinstance(loader.repository.delegate, ConfigRepository)
        hydra.compose(hydra_session.CONFIG_NAME, [])
        assert len(loader.repository.cache) > 10, "what a job reads is kept for the next"
        assert copy.deepcopy(loader.repository).cache is loader.repository.cache


def test_hydras_own_sweeper_and_launcher_are_the_ones_that_the_config_names() -> None:
    ((job,), _) = compose.jobs([], multirun=False)
    config: Any = job.config
    assert hydra_internals.is_basic_sweeper(config.hydra.sweeper._target_)
    assert config.hydra.launcher._target_ == f"{BasicLauncher.__module__}.{BasicLauncher.__qualname__}"


def test_a_grid_is_every_combination_and_the_last_value_of_a_key() -> None:
    with compose.ready([]):
        assert hydra_internals.grid(["a=1,2", "b=x", "b=y", "c=range(2)"]) == [
            ["a=1", "b=y", "c=0"], ["a=1", "b=y", "c=1"], ["a=2", "b=y", "c=0"], ["a=2", "b=y", "c=1"],
        ]  # fmt: skip


@pytest.mark.slow
def test_every_job_of_a_sweep_is_what_hydra_makes_of_it_alone() -> None:
    every_job, _ = compose.jobs(SWEEP, multirun=True)
    GlobalHydra.instance().clear()
    assert len(every_job) == 8
    for job in every_job:
        assert compose.as_yaml(job.config, resolve=False) == by_hydra_alone(job.overrides)


@pytest.mark.slow
def test_a_search_path_of_one_job_is_not_another_ones(tmp_path: Path) -> None:
    option = tmp_path / "model" / "mine.yaml"
    option.parent.mkdir()
    option.write_text("alias: mine\n", encoding="utf-8")
    with compose.ready([]):
        own = f"hydra.searchpath=['{tmp_path.as_uri()}']"
        assert hydra.compose(hydra_session.CONFIG_NAME, [own, "model=mine"]).model.alias == "mine"
        with pytest.raises(hydra.errors.MissingConfigException, match=re.escape("model/mine")):
            hydra.compose(hydra_session.CONFIG_NAME, ["model=mine"])
        assert hydra.compose(hydra_session.CONFIG_NAME, [own, "model=mine"]).model.alias == "mine"


@pytest.mark.slow
def test_a_file_is_read_once_a_command_and_anew_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "conf" / "model" / "mine.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("alias: before\n", encoding="utf-8")

    def aliases() -> list[str]:
        sweep, _ = compose.jobs(["model=mine", "generation.seed=1,2"], multirun=True)
        return [compose.plain(job.config)["model"]["alias"] for job in sweep]

    assert aliases() == ["before", "before"]
    file.write_text("alias: after\n", encoding="utf-8")
    assert aliases() == ["after", "after"]
