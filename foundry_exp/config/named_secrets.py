"""Secrets are named in a config and never interpolated into it, since it is written to disk, shown and published."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from omegaconf.resolvers import oc

from foundry_exp.errors import ConfigError
from foundry_exp.files.plain import entries, mapping

_NAMES_ONE = "api_key_env"
_USER = "MLFLOW_TRACKING_USERNAME"
_SOUNDS_SECRET = re.compile(r"(.*_)?(API_KEY|PASSWORD|SECRET|TOKEN)", re.IGNORECASE)


def environment(key: str, *default: object, _node_: Any, _root_: DictConfig) -> object:
    """`oc.env`, which refuses variables that hold secrets, in however many other interpolations it stands."""
    # Private, since nothing public tells a node's key; tests/config/test_environment_variables.py breaks without it.
    _refuse(key, _node_._get_full_key(None), _root_)
    return oc.env(key, *default)


def refuse_interpolated(config: DictConfig) -> None:
    """Raise ConfigError when a composed config would be given a secret, in Hydra's section too."""
    for name in config.hydra.job.env_copy:
        _refuse(str(name), "hydra.job.env_copy", config)
    written = mapping(OmegaConf.to_container(config, resolve=False))
    ours_first = sorted(written, key=lambda key: key == "hydra")  # Hydra's section repeats the overrides
    _resolve(config, {key: written[key] for key in ours_first})


def _refuse(variable: str, where: str, config: DictConfig) -> None:
    named = _named(OmegaConf.to_container(config, resolve=False))
    if variable == _USER or _SOUNDS_SECRET.fullmatch(variable) or variable in named:
        msg = (
            f"{where}: asks for the value of {variable}, which holds a secret, and a config is written to disk; "
            f"leave it out: a secret is read from its variable, whose name backend.{_NAMES_ONE} gives."
        )
        raise ConfigError(msg)


def _named(written: object) -> Iterator[str]:
    """The variables that keys of this name give, of the backend, of a judge's, and of any other."""
    for name, value in _entries(written):
        if name == _NAMES_ONE:
            yield str(value)
        yield from _named(value)


def _resolve(node: Any, written: object) -> None:
    """Let every interpolation say what is wrong with it; what is known only while a job runs is passed over."""
    for name, value in _entries(written):
        if isinstance(value, str) and "${" in value:
            try:
                node[name]
            except OmegaConfBaseException as error:
                if ConfigError.__name__ in str(error):
                    raise
        elif isinstance(value, dict | list) and value:
            _resolve(node[name], value)


def _entries(written: object) -> Iterable[tuple[str | int, object]]:
    return mapping(written).items() or enumerate(entries(written))
