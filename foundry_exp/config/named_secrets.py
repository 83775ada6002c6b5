"""Secrets are named in a config and never interpolated into it, since it is written to disk, shown and published."""

import re
from collections.abc import Iterator
from typing import Any

from omegaconf import DictConfig, ListConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from omegaconf.resolvers import oc

from foundry_exp.errors import ConfigError

_NAMES_ONE = "api_key_env"
_USER = "MLFLOW_TRACKING_USERNAME"
_SOUNDS_SECRET = re.compile(r"(.*_)?(API_KEY|PASSWORD|SECRET|TOKEN)", re.IGNORECASE)


def guard() -> None:
    """Have `oc.env` refuse variables that hold secrets, in however many other interpolations it stands."""
    OmegaConf.register_new_resolver("oc.env", _env, replace=True)


def refuse_interpolated(config: DictConfig) -> None:
    """Raise ConfigError when a composed config would be given a secret, in Hydra's section too."""
    for name in config.hydra.job.env_copy:
        _refuse(str(name), "hydra.job.env_copy", config)
    for _, part in sorted(_children(config), key=lambda child: child[0] == "hydra"):  # it repeats the overrides
        _resolve(part)


def _env(key: str, *default: Any, _node_: Any, _root_: Any) -> Any:
    _refuse(key, _node_._get_full_key(None), _root_)
    return oc.env(key, *default)


def _refuse(variable: str, where: str, config: Any) -> None:
    if variable == _USER or _SOUNDS_SECRET.fullmatch(variable) or variable in _named(config):
        msg = (
            f"{where}: asks for the value of {variable}, which holds a secret, and a config is written to disk; "
            f"leave it out: a secret is read from its variable, whose name backend.{_NAMES_ONE} gives."
        )
        raise ConfigError(msg)


def _named(node: Any) -> Iterator[str]:
    """The variables that keys of this name give, of the backend, of a judge's, and of any other."""
    for name, value in _children(node):
        if name == _NAMES_ONE:
            yield str(value._value())
        yield from _named(value)


def _resolve(node: Any) -> None:
    """Let every interpolation say what is wrong with it; what is known only while a job runs is passed over."""
    for _, value in _children(node):
        _resolve(value)
    if isinstance(node._value(), str) and "${" in node._value():
        try:
            node._dereference_node()
        except OmegaConfBaseException as error:
            if ConfigError.__name__ in str(error):
                raise


def _children(node: Any) -> list[tuple[Any, Any]]:
    if isinstance(node, DictConfig) and isinstance(node._value(), dict):
        return [(name, node._get_node(name)) for name in node]
    if isinstance(node, ListConfig) and isinstance(node._value(), list):
        return [(index, node._get_node(index)) for index in range(len(node))]
    return []
