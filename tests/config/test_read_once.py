"""Config files kept between the jobs of a command: what is composed is what Hydra composes by itself."""

from pathlib import Path

import pytest
from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from omegaconf import OmegaConf

from foundry_exp.config import compose
from foundry_exp.files import shipped_files

SWEEP = ["model=demo-small,demo-large", "scorer=none,judge", "prompts=workshop,meeting-notes", "generation.seed=1"]


def by_hydra_alone(job: list[str]) -> str:
    with initialize_config_dir(str(shipped_files.shipped("conf")), version_base=compose.VERSION_BASE):
        return OmegaConf.to_yaml(hydra_compose(compose.CONFIG_NAME, job))


def test_every_job_of_a_sweep_is_what_hydra_makes_of_it_alone() -> None:
    every_job, _ = compose.jobs(SWEEP, multirun=True)
    GlobalHydra.instance().clear()
    assert len(every_job) == 8
    for job in every_job:
        assert compose.as_yaml(job.config, resolve=False) == by_hydra_alone(job.overrides)


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
