"""`_target_` in a config: a class of ours, or of a package that the environment allows, and its arguments."""

import importlib
import inspect
import os
import types
from typing import Any, Union, get_args, get_origin, get_type_hints

from foundry_exp.errors import ConfigError, near

ALLOW_VARIABLE = "FOUNDRY_EXP_ALLOW"
_NOT_ARGUMENTS = frozenset({"_target_", "name"})


def build(spec: dict[str, Any], where: str) -> Any:
    """The object that a config section describes; its constructor does nothing but keep its arguments."""
    return resolve(spec["_target_"], f"{where}._target_")(**_arguments(spec))


def check(spec: dict[str, Any], where: str) -> None:
    """Raise ConfigError when the section's keys do not fit the constructor that it names."""
    target = resolve(spec["_target_"], f"{where}._target_")
    parameters = inspect.signature(target).parameters
    arguments = _arguments(spec)
    open_ended = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
    for key in arguments:
        if key not in parameters and not open_ended:
            msg = f"{where}.{key}: {spec['_target_']} has no such argument; {near(key, parameters)}"
            raise ConfigError(msg)
    for key, parameter in parameters.items():
        needed = parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD
        if needed and key not in arguments:
            msg = f"{where}.{key}: missing, and {spec['_target_']} needs it; add the key."
            raise ConfigError(msg)
    _check_types(target, arguments, where)
    for key, value in arguments.items():
        if key.endswith("_class"):  # an argument that names a class of the user's own
            resolve(value, f"{where}.{key}")
        if isinstance(value, dict) and "_target_" in value:  # a part of a part, such as a judge's backend
            check(value, f"{where}.{key}")


def resolve(path: str, where: str) -> Any:
    """The class that a dotted path names, if it is from an allowed package."""
    allowed = ["foundry_exp", *filter(None, os.environ.get(ALLOW_VARIABLE, "").replace(",", " ").split())]
    package = path.partition(".")[0]
    if package not in allowed:
        msg = (
            f"{where}: {path} is not from an allowed package ({', '.join(allowed)}); "
            f"name its package in the environment variable {ALLOW_VARIABLE} if you trust it."
        )
        raise ConfigError(msg)
    module, _, name = path.rpartition(".")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        msg = f"{where}: {path} cannot be imported ({error}); give module.Class of an installed package."
        raise ConfigError(msg) from error


def _arguments(spec: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in spec.items() if key not in _NOT_ARGUMENTS}


def _check_types(target: Any, arguments: dict[str, Any], where: str) -> None:
    hints = get_type_hints(target.__init__ if inspect.isclass(target) else target)
    for key, value in arguments.items():
        allowed = _plain_types(hints.get(key))
        if allowed and not _fits(value, allowed):
            names = " or ".join("null" if kind is types.NoneType else kind.__name__ for kind in allowed)
            msg = f"{where}.{key}: must be {names}, got {value!r}; change the value."
            raise ConfigError(msg)


def _plain_types(hint: Any) -> tuple[type, ...]:
    """The types that a hint allows, or nothing when it is not made of plain ones."""
    options = get_args(hint) if get_origin(hint) in (types.UnionType, Union) else (hint,)
    plain = (str, int, float, bool, types.NoneType)
    return tuple(options) if all(option in plain for option in options) else ()


def _fits(value: Any, allowed: tuple[type, ...]) -> bool:
    if isinstance(value, bool):
        return bool in allowed
    return isinstance(value, allowed) or (float in allowed and isinstance(value, int))
