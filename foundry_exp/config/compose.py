"""Hydra's part: from overrides to composed cells, every one checked, and its errors in our words."""

import os
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from hydra import compose
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from foundry_exp import target
from foundry_exp.config import (
    conf_folders,
    door,
    hydra_internals,
    hydra_session,
    hydra_targets,
    models_json,
    named_secrets,
    own_facts,
    remembered,
)
from foundry_exp.config.hydra_errors import in_our_words
from foundry_exp.errors import ConfigError, near
from foundry_exp.files import json_schema
from foundry_exp.files.plain import is_mapping, mapping

ENDPOINT_VARIABLE = "FOUNDRY_LOCAL_ENDPOINT"
BENCH_RECIPE = "bench-env"
BENCH_VARIABLES = (
    "BENCH_MODELS", "BENCH_ROUNDS", "BENCH_PROMPT", "BENCH_STREAM", "BENCH_MAX_TOKENS", "BENCH_TEMPERATURE",
    "RETRY_ON_FAIL", "RETRY_BACKOFF", "SHOW_USAGE",
)  # fmt: skip
"""Of the original benchmark scripts: an experiment in git must not change with the shell, so one recipe reads them."""


def from_environment(overrides: Sequence[str]) -> tuple[list[str], list[str]]:
    """The overrides that the shell's variables add, and a sentence about each thing that they do or do not do."""
    added: list[str] = []
    notes: list[str] = []
    address = os.environ.get(ENDPOINT_VARIABLE)
    if address and not any(text.lstrip("+").startswith("backend=") for text in overrides):
        added = ["backend=endpoint"]
        notes.append(f"backend=endpoint, since {ENDPOINT_VARIABLE} is set; name a backend to use another.")
    ignored = [name for name in BENCH_VARIABLES if name in os.environ]
    if ignored and f"experiment={BENCH_RECIPE}" not in overrides:
        notes.append(f"ignored: {', '.join(ignored)}; only experiment={BENCH_RECIPE} reads them.")
    return added, notes


@dataclass(frozen=True)
class Job:
    """One Hydra job: what was asked, and what it came to."""

    overrides: list[str]
    config: DictConfig | dict[str, Any]
    """With Hydra's own section, and interpolations as they are written; plain and resolved when it is remembered."""

    @cached_property
    def plain(self) -> dict[str, Any]:
        """The same as plain data."""
        return plain(self.config)


def jobs(overrides: Sequence[str], *, multirun: bool) -> tuple[list[Job], bool]:
    """Compose every cell of a command, and say whether it is a sweep."""
    with ready(overrides):
        added = ("+hydra.sweeper.", "++hydra.sweeper.")
        steers = ("experiment=", "hydra.", "hydra/", "sweep.combinations", f"{models_json.KEY}=", *added)
        recipe = [text for text in overrides if text.startswith(steers)]
        root = _composed([text for text in recipe if not hydra_internals.is_swept(text)]) if recipe else None
        if not multirun and (root is None or root.hydra.mode != RunMode.MULTIRUN):
            _refuse_unused(recipe)
            return [Job(list(overrides), _composed(overrides))], False
        _refuse_sweeper(root)
        params = [f"{key}={value}" for key, value in (root.hydra.sweeper.params or {}).items()] if root else []
        listed = (root.sweep.combinations if root else None) or [""]
        grids = [hydra_internals.grid([*params, *shlex.split(combination), *overrides]) for combination in listed]
        first, *others = [job for grid in grids for job in grid]
        config = _composed(first)
        recalled = _recalled(config, overrides) if others else {}
        return [Job(first, config), *(Job(job, recalled.get(tuple(job)) or _composed(job)) for job in others)], True


def _refuse_unused(recipe: Sequence[str]) -> None:
    """Raise ConfigError for what is to be swept over where there is no sweep: Hydra would measure the default."""
    for text in recipe:
        if text.lstrip("+").startswith("hydra.sweeper.params"):
            msg = f"{text}: this is no sweep, so nothing would come of it; add -m, or write -m KEY=VALUE,VALUE."
            raise ConfigError(msg)


def _refuse_sweeper(root: DictConfig | None) -> None:
    """Raise ConfigError for a sweeper that chooses a cell by what came of earlier ones: all are planned beforehand."""
    sweeper = root.hydra.sweeper._target_ if root else None
    if sweeper is not None and not hydra_internals.is_basic_sweeper(sweeper):
        msg = (
            f"hydra.sweeper: every cell is planned before the first one starts, so {sweeper} has nothing to choose; "
            "leave it out, and search with sweep.shard as the README shows."
        )
        raise ConfigError(msg)


def _recalled(config: DictConfig, overrides: Sequence[str]) -> remembered.Jobs:
    """What the jobs of a resumed sweep came to before."""
    if not config.sweep.resume or config.sweep.name is None:
        return {}
    return remembered.recall(Path(config.output_dir) / "runs" / str(config.sweep.name), overrides)


def remember(folder: Path, every_job: Sequence[Job], overrides: Sequence[str]) -> None:
    """Keep what the jobs of a sweep came to for when it is resumed."""
    if len(every_job) > 1:
        remembered.keep(folder, overrides, {tuple(job.overrides): job.plain for job in every_job})


def plain(config: DictConfig | dict[str, Any]) -> dict[str, Any]:
    """A composed config as plain data, resolved and without Hydra's own section."""
    if isinstance(config, dict):
        return config
    with in_our_words():
        values = {str(key): _plain_value(config, key) for key in config if key != "hydra"}
    return target.with_current(values)


def _plain_value(config: DictConfig, key: Any) -> object:
    """Without a copy of the whole config beforehand, which takes five times as long as this."""
    value: object = config[key]
    return OmegaConf.to_container(value, resolve=True, throw_on_missing=True) if OmegaConf.is_config(value) else value


def section(kind: type[door.Section], option: str, settings: Sequence[str]) -> door.Section:
    """One option of a decision or of a gate's rules, with `key=value` settings of its own, checked."""
    group = door.group_of(kind)
    chosen = f"{group}={option}"
    own = [text if text.startswith(f"{group}.") else f"{group}.{text}" for text in settings]
    names = list(_dotted(jobs([chosen], multirun=False)[0][0].plain[group]))
    names += [name for name in _properties(json_schema.load_schema(group)) if name not in names]
    for text in own:
        key = text.partition("=")[0].removeprefix(f"{group}.")
        if key not in names:
            msg = f"{key}: {chosen} has no such key; {near(key, [group, *names])}"
            raise ConfigError(msg)
    # `++`, since an option may leave out what the schema allows
    composed = mapping(jobs([chosen, *(f"++{text}" for text in own)], multirun=False)[0][0].plain[group])
    return door.checked_section(kind, composed, chosen)


def as_yaml(config: DictConfig | dict[str, Any], *, resolve: bool) -> str:
    """What `--cfg job` prints."""
    with in_our_words():
        return OmegaConf.to_yaml(_ours(OmegaConf.create(config)), resolve=resolve)


def _ours(config: DictConfig) -> DictConfig:
    return OmegaConf.create({key: node for key, node in config.items_ex(resolve=False) if key != "hydra"})


@contextmanager
def ready(overrides: Sequence[str]) -> Iterator[None]:
    """Hydra with our options and resolvers; what it complains of is said in our words."""
    with hydra_session.started(), in_our_words(overrides, lambda: _keys(overrides)):
        yield


def _composed(overrides: Sequence[str]) -> DictConfig:
    extra = conf_folders.search_path_override(conf_folders.user_conf())
    hydra_targets.refuse_foreign_folders(overrides)
    try:
        config = compose(hydra_session.CONFIG_NAME, [*overrides, *extra], return_hydra_config=True)
    except KeyError as error:
        msg = f"hydra.job.env_copy: the environment variable {error} is not set; set it, or leave it out."
        raise ConfigError(msg) from error
    except (AssertionError, AttributeError, TypeError) as error:  # Hydra's own slips over values that do not fit
        reason = str(error).partition("\n")[0]
        msg = f"{' '.join(overrides)}: Hydra cannot compose this ({reason}); leave out one after another to find which."
        raise ConfigError(msg) from error
    if config.hydra.job.chdir:
        msg = (
            "hydra.job.chdir: got true, and paths are those of the folder that the command is typed in; leave it out, "
            "and set output_dir for where results go."
        )
        raise ConfigError(msg)
    own_facts.keep(config, overrides)
    hydra_targets.refuse_foreign(config)
    named_secrets.refuse_interpolated(config)
    return config


def _keys(overrides: Sequence[str]) -> list[str]:
    """Every dotted key of the config, with the options that were chosen."""
    groups = conf_folders.groups()
    chosen = [text for text in overrides if text.partition("=")[0].partition("@")[0] in groups]
    try:
        config = _composed([text for text in chosen if "," not in text or "[" in text])
    except HydraException:
        config = compose(hydra_session.CONFIG_NAME, [])
    return list(_dotted(OmegaConf.to_container(_ours(config), resolve=False)))


def _dotted(node: object, above: str = "") -> Iterator[str]:
    for key, value in mapping(node).items():
        yield f"{above}{key}"
        if is_mapping(value):
            yield from _dotted(value, f"{above}{key}.")


def _properties(schema: object, above: str = "") -> Iterator[str]:
    """The keys that a schema allows, like `_dotted`."""
    for key, value in mapping(mapping(schema).get("properties")).items():
        yield f"{above}{key}"
        yield from _properties(value, f"{above}{key}.")
