"""What Hydra would import for a config is held to Hydra's own, its plugins', and what the environment allows."""

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.plugins import Plugins
from omegaconf import DictConfig, ListConfig, OmegaConf
from omegaconf.errors import InterpolationResolutionError, MissingMandatoryValue

from foundry_exp import target
from foundry_exp.errors import ConfigError, near

_OF_HYDRA = ("hydra", "hydra_plugins")
_PLUGINS = ("launcher", "sweeper")
_LOGGING = ("job_logging", "hydra_logging")
_IMPORTED_BY_LOGGING = ("()", "class", "factory", "listener", "queue")
# Classes alone: whatever else logging reaches, such as logging.os, is a way to every function.
_OF_LOGGING = re.compile(r"logging\.(handlers\.)?[A-Z]\w*|colorlog\.[A-Z]\w*|ext://sys\.std(in|out|err)")
_STARTS_PROGRAMS = re.compile(rf"{target.ALLOW_VARIABLE}|PATH|(PYTHON|LD_|DYLD_).*", re.IGNORECASE)
_DEEPEST = 30


def refuse_foreign(config: DictConfig) -> None:
    """Raise ConfigError when Hydra's section names something to import that is not from an allowed package."""
    ours: DictConfig = config.hydra
    for section in ("callbacks", *_PLUGINS):
        for key, path in _named(ours.get(section), f"hydra.{section}", ("_target_",)):
            _hold(path, key)
    for section in _PLUGINS:
        _need_plugin(ours[section], f"hydra.{section}._target_")
    for section in _LOGGING:
        for key, path in _named(ours.get(section), f"hydra.{section}", _IMPORTED_BY_LOGGING):
            if not _OF_LOGGING.fullmatch(path):
                target.resolve(path.removeprefix("ext://"), key)
    for name in ours.job.env_set:
        if _STARTS_PROGRAMS.fullmatch(str(name)):
            msg = f"hydra.job.env_set.{name}: decides which code runs, so no config sets it; set it in the shell."
            raise ConfigError(msg)


def refuse_foreign_folders(overrides: Sequence[str]) -> None:
    """The same of `hydra.searchpath`, before composing: Hydra imports the packages in it to look for options."""
    named = [text for text in overrides if text.startswith("hydra.searchpath")]
    for override in OverridesParser.create().parse_overrides(named):
        value = override.value()
        for entry in value if isinstance(value, list) else [value]:
            scheme, _, package = str(entry).rpartition("://")
            if scheme == "pkg":
                target.refuse_package(package.replace("/", "."), "hydra.searchpath", _OF_HYDRA)


def _hold(path: str, where: str) -> None:
    part: object = target.resolve(path, where, _OF_HYDRA)
    package = path.partition(".")[0]
    own = isinstance(part, type) and part.__module__.partition(".")[0] == package
    # Such as hydra.utils.get_class, which imports what it is told.
    if package in (*_OF_HYDRA, "foundry_exp") and not own:
        msg = f"{where}: {path} is no class of {package}; give module.Class of an installed package."
        raise ConfigError(msg)


def _need_plugin(node: object, where: str) -> None:
    """A launcher or sweeper is a plugin that Hydra has found, or it ends in a traceback."""
    path: object = node.get("_target_") if isinstance(node, DictConfig) else None
    plugins = Plugins.instance().class_name_to_class
    if path not in plugins:
        kind = where.split(".")[1]
        alike = near(str(path), [name for name in plugins if kind in name])
        msg = f"{where}: {path} is no {kind} that Hydra has; {alike}"
        raise ConfigError(msg)


def _named(node: object, where: str, keys: Collection[str], depth: int = 0) -> Iterator[tuple[str, str]]:
    """Each value below a node that is under one of the keys, or imported by logging wherever it stands."""
    if depth > _DEEPEST:
        msg = f"{where}: nested too deep, or within itself; write it out."
        raise ConfigError(msg)
    for name in _names(node):
        value, place = _value(node, name), f"{where}.{name}"
        if isinstance(value, str) and (name in keys or value.startswith("ext://")):
            yield place, value
        yield from _named(value, place, keys, depth + 1)


def _names(node: object) -> list[object]:
    if isinstance(node, DictConfig):
        return list(node.keys())
    return [*range(len(node))] if isinstance(node, ListConfig) else []


def _value(node: Any, name: object) -> object:
    try:
        return node[name]
    except (InterpolationResolutionError, MissingMandatoryValue):  # known only while a job runs, as its folder is
        written: Any = OmegaConf.to_container(node, resolve=False)
        return written[name]
