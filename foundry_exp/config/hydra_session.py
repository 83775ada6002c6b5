"""Hydra started over our options. What Hydra 1.4 and OmegaConf 2.4 deprecate is called here, and nowhere else.

`version_base`, of which Hydra 1.4 warns and which 1.5 will not have, and `register_new_resolver`, which is
`register_resolver` in OmegaConf 2.4 (seen with 1.4.0rc1 and 2.4.0rc1, which warn of nothing else here).
"""

import logging
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import hydra
from hydra.core.global_hydra import GlobalHydra
from omegaconf import OmegaConf

from foundry_exp.config import conf_folders, hydra_internals, models_json, named_secrets
from foundry_exp.files import shipped_files

CONFIG_NAME = "config"
PROGRAM = "foundry-exp"
"""How Hydra's help and completion call the command; its completion knows no `python -m …`."""
_VERSION_BASE = "1.3"


def _flag(text: object) -> bool:
    """1, true, yes and on, as the original scripts and people write it."""
    return str(text).strip().lower() in ("1", "true", "yes", "on")


RESOLVERS: Mapping[str, Callable[..., Any]] = {
    "oc.env": named_secrets.environment,
    "flag": _flag,
    "aliases": models_json.aliases,
    "listed": models_json.listed,
}


@contextmanager
def started() -> Iterator[None]:
    """Hydra with the shipped options, our resolvers, and a reading of each file for all jobs."""
    GlobalHydra.instance().clear()
    for name, resolver in RESOLVERS.items():
        OmegaConf.register_new_resolver(name, resolver, replace=True)
    with hydra.initialize_config_dir(str(shipped_files.shipped("conf")), version_base=_VERSION_BASE):
        hydra_internals.read_once()
        yield


def hand_over(arguments: Sequence[str]) -> None:
    """Let Hydra answer a command line that asks for what it knows: --info, --hydra-help, --cfg hydra, completion."""
    user_conf = conf_folders.user_conf()
    logging.raiseExceptions = False  # Hydra prints by logging, which would show a traceback for each line after `head`
    sys.argv = [PROGRAM, *arguments, *(["--config-dir", str(user_conf)] if user_conf else [])]
    options = str(shipped_files.shipped("conf"))
    hydra.main(version_base=_VERSION_BASE, config_path=options, config_name=CONFIG_NAME)(lambda _: None)()
