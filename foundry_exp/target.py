"""`_target_` in a config: a class of ours, or of a package that the environment allows, and its arguments."""

import importlib
import inspect
import os
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Union, get_args, get_origin, get_type_hints

from foundry_exp.errors import ConfigError, near
from foundry_exp.files.plain import is_mapping

ALLOW_VARIABLE = "FOUNDRY_EXP_ALLOW"
MOVED = {
    "foundry_exp.backends.generate.GenerateBackend": "foundry_exp.runtime.backends.generate.GenerateBackend",
    "foundry_exp.backends.http.endpoint.EndpointBackend": "foundry_exp.runtime.http.endpoint.EndpointBackend",
    "foundry_exp.backends.http.service.ServiceBackend": "foundry_exp.runtime.http.service.ServiceBackend",
    "foundry_exp.backends.native.NativeBackend": "foundry_exp.runtime.backends.native.NativeBackend",
    "foundry_exp.backends.scripted.ScriptedBackend": "foundry_exp.runtime.backends.scripted.ScriptedBackend",
    "foundry_exp.engines.local.LocalEngine": "foundry_exp.run.engines.local.LocalEngine",
    "foundry_exp.engines.ray.RayEngine": "foundry_exp.run.engines.ray.RayEngine",
    "foundry_exp.meters.energy.HeuristicEnergy": "foundry_exp.runtime.meters.energy.HeuristicEnergy",
    "foundry_exp.meters.energy.MeasuredEnergy": "foundry_exp.runtime.meters.energy.MeasuredEnergy",
    "foundry_exp.scorers.annotation.Annotation": "foundry_exp.scores.people.annotation.Annotation",
    "foundry_exp.scorers.facets.Facets": "foundry_exp.scores.facets.scorer.Facets",
    "foundry_exp.scorers.judge.scorer.JudgeScorer": "foundry_exp.scores.judge.scorer.JudgeScorer",
}
"""Parts of ours that a released `conf/` named and that are elsewhere now: the address then, and the one of today.

They stand in users' options and in every config.yaml that was written, so no line goes, and each leads to today's.
"""
_PLAIN = (str, int, float, bool, types.NoneType)
_NOT_ARGUMENTS = frozenset({"_target_", "name"})


def build(spec: Mapping[str, object], where: str) -> Any:
    """The object that a config section describes; its constructor does nothing but keep its arguments."""
    return _named(spec, where)(**_arguments(spec))


def check(spec: Mapping[str, object], where: str, behaviour: type | None = None) -> None:
    """Raise ConfigError when the section's keys do not fit the constructor that it names, or the class no Protocol."""
    target = _named(spec, where)
    if behaviour is not None and inspect.isclass(target):
        _need_methods(target, behaviour, f"{where}._target_: {spec['_target_']}")
    parameters = inspect.signature(target).parameters
    arguments = _arguments(spec)
    open_ended = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
    for key in arguments:
        if key not in parameters and not open_ended:
            msg = f"{where}.{key}: {spec['_target_']} has no such argument; {near(key, parameters)}"
            raise ConfigError(msg)
    for key, parameter in parameters.items():
        is_collecting = parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        if parameter.default is parameter.empty and not is_collecting and key not in arguments:
            msg = f"{where}.{key}: missing, and {spec['_target_']} needs it; add the key."
            raise ConfigError(msg)
    _check_types(target, arguments, where)
    for key, value in arguments.items():
        if key.endswith("_class"):  # an argument that names a class of the user's own
            resolve(str(value), f"{where}.{key}")
        if is_mapping(value) and "_target_" in value:  # a part of a part, such as a judge's backend
            check(value, f"{where}.{key}")


def argument_types(spec: Mapping[str, object], where: str) -> dict[str, object]:
    """What the constructor that a section names says of its arguments."""
    return _hints(_named(spec, where))


def with_whole_numbers(spec: Mapping[str, object], where: str) -> dict[str, object]:
    """The section with 2 where it says `2.0` and its class takes whole numbers; of the parts of a part too."""
    hints = argument_types(spec, where)
    return {key: _whole(value, hints.get(key), f"{where}.{key}") for key, value in spec.items()}


def _whole(value: object, hint: object, where: str) -> object:
    if is_mapping(value) and "_target_" in value:
        return with_whole_numbers(value, where)
    allowed = _plain_types(hint)
    if isinstance(value, float) and value.is_integer() and int in allowed and float not in allowed:
        return int(value)
    return value


def _named(spec: Mapping[str, object], where: str) -> Any:
    return resolve(str(spec["_target_"]), f"{where}._target_")


def resolve(path: str, where: str, also: Sequence[str] = ()) -> Any:
    """The class that a dotted path names, if it is from an allowed package; a function that makes the part will do."""
    refuse_package(path, where, also)
    module, _, name = current(path).rpartition(".")
    try:
        part = getattr(importlib.import_module(module), name)
    except Exception as error:  # whatever a module of the user's own raises on import
        reason = str(error) if isinstance(error, ImportError | AttributeError) else f"{type(error).__name__}: {error}"
        msg = f"{where}: {path} cannot be imported ({reason}); give module.Class of an installed package."
        raise ConfigError(msg) from error
    if not callable(part):
        msg = f"{where}: {path} is no class, got {type(part).__name__}; give module.Class of an installed package."
        raise ConfigError(msg)
    return part


def current(path: str) -> str:
    """The address that a part has now."""
    return MOVED.get(path, path)


def first(path: str) -> str:
    """The address that a part had when it was released first: what is known by it is not lost when it moves."""
    return {now: then for then, now in MOVED.items()}.get(current(path), path)


def with_current(section: Mapping[str, object]) -> dict[str, Any]:
    """A config, or a part of one, in which every part of ours is named by the address that it has now."""
    return {key: _with_current(key, value) for key, value in section.items()}


def _with_current(key: str, value: object) -> object:
    if is_mapping(value):
        return with_current(value)
    return current(value) if key == "_target_" and isinstance(value, str) else value


def refuse_package(path: str, where: str, also: Sequence[str] = ()) -> None:
    """Raise ConfigError when a dotted path is not of ours, of the packages in `also`, or of one that is allowed."""
    allowed = ["foundry_exp", *also, *filter(None, os.environ.get(ALLOW_VARIABLE, "").replace(",", " ").split())]
    if path.partition(".")[0] not in allowed:
        msg = (
            f"{where}: {path} is not from an allowed package ({', '.join(allowed)}); "
            f"name its package in the environment variable {ALLOW_VARIABLE} if you trust it."
        )
        raise ConfigError(msg)


def _arguments(spec: Mapping[str, object]) -> dict[str, object]:
    return {key: value for key, value in spec.items() if key not in _NOT_ARGUMENTS}


def _need_methods(target: type, behaviour: type, what: str) -> None:
    wanted = [name for name, value in vars(behaviour).items() if callable(value) and not name.startswith("_")]
    for name in wanted:
        if not callable(getattr(target, name, None)):
            msg = f"{what} has no method {name}(); a {behaviour.__name__} needs {', '.join(wanted)}."
            raise ConfigError(msg)


def _check_types(target: Callable[..., object], arguments: Mapping[str, object], where: str) -> None:
    hints = _hints(target)
    for key, value in arguments.items():
        allowed = _plain_types(hints.get(key))
        if allowed and not _fits(value, allowed):
            names = " or ".join("null" if kind is types.NoneType else kind.__name__ for kind in allowed)
            msg = f"{where}.{key}: must be {names}, got {value!r}; change the value."
            raise ConfigError(msg)


def _hints(target: Callable[..., object]) -> dict[str, object]:
    """The types of a constructor's arguments; none where some are of what only type checkers import."""
    try:
        return get_type_hints(target.__init__ if inspect.isclass(target) else target)
    except NameError:
        return {}


def _plain_types(hint: object) -> tuple[type, ...]:
    """The types that a hint allows, or nothing when it is not made of plain ones."""
    origin: object = get_origin(hint)
    options: tuple[object, ...] = get_args(hint) if origin in (types.UnionType, Union) else (hint,)
    plain = [option for option in options if option in _PLAIN and isinstance(option, type)]
    return tuple(plain) if len(plain) == len(options) else ()


def _fits(value: object, allowed: tuple[type, ...]) -> bool:
    if isinstance(value, bool):
        return bool in allowed
    return isinstance(value, allowed) or (float in allowed and isinstance(value, int))
