"""Planned jobs in the hands of Hydra's launcher, whichever the config names."""

import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import hydra
from hydra._internal.callbacks import Callbacks
from hydra._internal.core_plugins.basic_launcher import BasicLauncher
from hydra.core.global_hydra import GlobalHydra
from hydra.core.plugins import Plugins
from hydra.core.utils import configure_log
from hydra.types import HydraContext
from omegaconf import DictConfig, OmegaConf, open_dict

from foundry_exp.config import compose, conf_folders
from foundry_exp.files import shipped_files

Task = Callable[[DictConfig], None]


def is_for_hydra(override: str) -> bool:
    """Whether an override speaks to Hydra: the launcher adds those to every job itself."""
    return override.lstrip("+~").startswith(("hydra.", "hydra/"))


class _Planned:
    """In the place of Hydra's config loader: jobs get the configs that were composed and checked already.

    Composing one again takes 0.2 s.
    """

    def __init__(self, configs: Mapping[tuple[str, ...], Mapping[str, Any]]) -> None:
        self._configs = configs

    def load_sweep_config(self, master_config: DictConfig, sweep_overrides: list[str]) -> DictConfig:
        config = OmegaConf.create(dict(self._configs[tuple(sweep_overrides)]))
        config.hydra = master_config.hydra
        with open_dict(config):
            config.hydra.overrides.task = sweep_overrides
        return config


def launch(
    here: Task,
    elsewhere: Task,
    every_job: Mapping[tuple[str, ...], Mapping[str, Any]],
    config: DictConfig,
    overrides: Sequence[str],
) -> None:
    """Have Hydra's launcher run a task on each job, its overrides → its config, in this order.

    `here` is for a launcher that runs the jobs in this process, `elsewhere` for one with processes of its own. `config`
    is of any of the jobs, with Hydra's section, which they share.

    The jobs are planned already, so no sweeper of Hydra's composes and checks them all once more; it would also stop
    at the first job that raises, and not call `on_multirun_end`.
    """
    with compose.ready(overrides):
        configure_log(config.hydra.hydra_logging, config.hydra.verbose)
        # A launcher with processes of its own would send every config to each of them.
        is_here = config.hydra.launcher._target_ == f"{BasicLauncher.__module__}.{BasicLauncher.__qualname__}"
        loader: Any = _Planned(every_job) if is_here else GlobalHydra.instance().config_loader()
        context = HydraContext(config_loader=loader, callbacks=Callbacks(config))
        context.callbacks.on_multirun_start(config=config, config_name=compose.CONFIG_NAME)
        try:
            plugins = Plugins.instance()
            launcher = plugins.instantiate_launcher(
                hydra_context=context, task_function=here if is_here else elsewhere, config=config
            )
            launcher.launch([list(job) for job in every_job], initial_job_idx=0)
        finally:
            context.callbacks.on_multirun_end(config=config, config_name=compose.CONFIG_NAME)


def hand_to_hydra(words: Sequence[str]) -> None:
    """Let Hydra answer a command line that asks for what it knows: --info, --hydra-help, --cfg hydra, completion."""
    conf = str(shipped_files.shipped("conf"))
    own = conf_folders.user_conf()
    logging.raiseExceptions = False  # Hydra prints by logging, which would show a traceback for each line after `head`
    sys.argv = [compose.PROGRAM, *words, *(["--config-dir", str(own)] if own else [])]
    hydra.main(version_base=compose.VERSION_BASE, config_path=conf, config_name=compose.CONFIG_NAME)(lambda _: None)()
