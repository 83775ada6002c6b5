"""Hydra's part: from overrides to composed cells, every one checked, and its errors in our words."""

import os
import re
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from hydra import compose, initialize_config_dir
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import (
    ConfigCompositionException,
    HydraException,
    MissingConfigException,
    OverrideParseException,
)
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import InterpolationResolutionError, MissingMandatoryValue

from foundry_exp import data, schema
from foundry_exp.command import remembered
from foundry_exp.errors import ConfigError, near
from foundry_exp.models import routing
from foundry_exp.models.variants import OWN_MODEL

VERSION_BASE = "1.3"
ENDPOINT_VARIABLE = "FOUNDRY_LOCAL_ENDPOINT"
BENCH_RECIPE = "bench-env"
BENCH_VARIABLES = (
    "BENCH_MODELS", "BENCH_ROUNDS", "BENCH_PROMPT", "BENCH_STREAM", "BENCH_MAX_TOKENS", "BENCH_TEMPERATURE",
    "RETRY_ON_FAIL", "RETRY_BACKOFF", "SHOW_USAGE",
)  # fmt: skip
"""Of the original benchmark scripts: an experiment in git must not change with the shell, so one recipe reads them."""
CONFIG_NAME = "config"
PROGRAM = "foundry-exp"
"""How Hydra's help and completion call the command; its completion knows no `python -m …`."""


def user_conf() -> Path | None:
    """A `conf/` in the working directory that is not the shipped one."""
    folder = Path.cwd() / "conf"
    return folder if folder.is_dir() and folder.resolve() != data.shipped("conf").resolve() else None


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


def _flag(text: object) -> bool:
    """1, true, yes and on, as the original scripts and people write it."""
    return str(text).strip().lower() in ("1", "true", "yes", "on")


def search_path_override(folder: Path | None) -> list[str]:
    """The override that adds a user's own options behind the shipped ones."""
    return [f"hydra.searchpath=['file://{folder}']"] if folder else []


def refuse_shadowed(folder: Path) -> None:
    """Raise ConfigError when a user's option has a shipped one's name: Hydra would silently ignore the user's."""
    shipped = data.shipped("conf")
    for path in sorted(folder.rglob("*.yaml")):
        twin = shipped / path.relative_to(folder)
        if twin.exists() and path.relative_to(folder) != Path("config.yaml"):
            msg = f"{path}: an option of this name ships with the tool ({twin}); rename yours."
            raise ConfigError(msg)


@dataclass(frozen=True, slots=True)
class Job:
    """One Hydra job: what was asked, and what it came to."""

    overrides: list[str]
    config: DictConfig | dict[str, Any]
    """With Hydra's own section, and interpolations as they are written; plain and resolved when it is remembered."""


def jobs(overrides: Sequence[str], *, multirun: bool) -> tuple[list[Job], bool]:
    """Compose every cell of a command, and say whether it is a sweep."""
    with ready(overrides):
        steers = ("experiment=", "hydra.", "hydra/", "sweep.", f"{routing.KEY}=")
        recipe = [text for text in overrides if text.startswith(steers) and "," not in text]
        root = _composed(recipe) if recipe else None
        if not multirun and (root is None or root.hydra.mode != RunMode.MULTIRUN):
            return [Job(list(overrides), _composed(overrides))], False
        params = [f"{key}={value}" for key, value in (root.hydra.sweeper.params or {}).items()] if root else []
        listed = (root.sweep.combinations if root else None) or [""]
        grids = [_grid([*params, *shlex.split(combination), *overrides]) for combination in listed]
        first, *others = [job for grid in grids for job in grid]
        config = _composed(first)
        known = _remembered(config, overrides) if others else {}
        return [Job(first, config), *(Job(job, known.get(tuple(job)) or _composed(job)) for job in others)], True


def _remembered(config: DictConfig, overrides: Sequence[str]) -> remembered.Jobs:
    """What the jobs of a resumed sweep came to before."""
    if not config.sweep.resume or config.sweep.name is None:
        return {}
    folder = Path(config.output_dir) / "runs" / str(config.sweep.name)
    return remembered.recall(folder, remembered.digest(overrides, user_conf()))


def remember(folder: Path, every_job: Sequence[Job], overrides: Sequence[str]) -> None:
    """Keep what the jobs of a sweep came to for when it is resumed."""
    if len(every_job) > 1:
        found = {tuple(job.overrides): plain(job.config) for job in every_job}
        remembered.keep(folder, remembered.digest(overrides, user_conf()), found)


def _grid(overrides: Sequence[str]) -> list[list[str]]:
    """Every combination of the values that are swept over; of a key given twice, the last one counts."""
    loader = GlobalHydra.instance().config_loader()
    parsed = OverridesParser.create(config_loader=loader).parse_overrides(list(overrides))
    split: list[list[str]] = BasicSweeper.split_arguments(parsed, max_batch_size=None)[0]
    return [list(job) for job in split]


def plain(config: DictConfig | dict[str, Any]) -> dict[str, Any]:
    """A composed config as plain data, resolved and without Hydra's own section."""
    if isinstance(config, dict):
        return config
    with _in_our_words([]):
        whole: Any = OmegaConf.to_container(_ours(config), resolve=True, throw_on_missing=True)
    return dict(whole)


def section(group: str, option: str, settings: Sequence[str]) -> dict[str, Any]:
    """One group's option with `key=value` settings of its own, checked by the schema of the group's name."""
    chosen = f"{group}={option}"
    known = plain(jobs([chosen], multirun=False)[0][0].config)[group]
    own = [text if text.startswith(f"{group}.") else f"{group}.{text}" for text in settings]
    names = list(_dotted(known))
    for text in own:
        key = text.partition("=")[0].removeprefix(f"{group}.")
        if key not in names:
            msg = f"{key}: {chosen} has no such key; {near(key, [group, *names])}"
            raise ConfigError(msg)
    found: dict[str, Any] = plain(jobs([chosen, *own], multirun=False)[0][0].config)[group]
    schema.check(found, group, f"{group}={option}")
    return found


def as_yaml(config: DictConfig | dict[str, Any], *, resolve: bool) -> str:
    """What `--cfg job` prints."""
    with _in_our_words([]):
        return OmegaConf.to_yaml(_ours(OmegaConf.create(config)), resolve=resolve)


def _ours(config: DictConfig) -> DictConfig:
    return OmegaConf.create({key: node for key, node in config.items_ex(resolve=False) if key != "hydra"})


@contextmanager
def ready(overrides: Sequence[str]) -> Iterator[None]:
    """Hydra with our options and resolvers; what it complains of is said in our words."""
    GlobalHydra.instance().clear()
    OmegaConf.register_new_resolver("flag", _flag, replace=True)
    OmegaConf.register_new_resolver("aliases", routing.aliases, replace=True)
    OmegaConf.register_new_resolver("listed", routing.listed, replace=True)
    with initialize_config_dir(str(data.shipped("conf")), version_base=VERSION_BASE), _in_our_words(overrides):
        yield


def _composed(overrides: Sequence[str]) -> DictConfig:
    extra = search_path_override(user_conf())
    return compose(CONFIG_NAME, [*overrides, *extra], return_hydra_config=True)


@contextmanager
def _in_our_words(overrides: Sequence[str]) -> Iterator[None]:
    try:
        yield
    except MissingConfigException as error:
        raise ConfigError(_missing_option(error)) from error
    except OverrideParseException as error:
        reason = _first_line(error)
        msg = f"{error.override}: not an override ({reason}); write key=value, quoted if it has , = [ ] or spaces."
        raise ConfigError(msg) from error
    except ConfigCompositionException as error:
        raise ConfigError(_composition(error, overrides)) from error
    except InterpolationResolutionError as error:
        raise ConfigError(_unresolved(str(error))) from error
    except MissingMandatoryValue as error:
        key = str(error).rpartition(": ")[2].split("\n")[0]
        way_out = OWN_MODEL if key == "model.path" else f"add {key}=… to the command."
        msg = f"{key}: must be given, got nothing; {way_out}"
        raise ConfigError(msg) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"{mark.name}:{mark.line + 1}" if mark else "config"
        msg = f"{where}: not YAML ({error.problem}); correct the file."
        raise ConfigError(msg) from error
    except ValueError as error:
        raise ConfigError(_bare_boolean() or f"config: {_first_line(error)}") from error


def _first_line(error: BaseException) -> str:
    return str(error).strip().split("\n")[0]


def _missing_option(error: MissingConfigException) -> str:
    group, _, name = (error.missing_cfg_file or "").rpartition("/")
    if not group:
        return f"config: {_first_line(error)}; choose from {', '.join(_groups())}."
    return f"{group}={name}: no such option; {near(name, error.options or _options(group))}"


def _options(group: str) -> list[str]:
    """The options of a group, which Hydra does not tell for one of a list."""
    folders = [data.shipped("conf"), *filter(None, [user_conf()])]
    return [path.stem for folder in folders for path in (folder / group).glob("*.yaml")]


def _composition(error: ConfigCompositionException, overrides: Sequence[str]) -> str:
    message = _first_line(error)
    unknown = re.search(
        r"Could not (?:override|append to config|delete from config) '?([^'\s.]+(?:\.[^'\s]+)*)'?", message
    )
    if unknown and "${" not in message:
        key = unknown.group(1).rstrip(".")
        inside = re.match(r"In '([^']+)'", message)
        place = f"{inside.group(1)}: {key}" if inside else key
        return f"{place}: unknown key; {near(key, [*_groups(), *_keys(overrides)])}"
    if "${" in message or "interpolation" in message:
        return _unresolved(message)
    return f"{' '.join(overrides)}: {message}"


def _unresolved(message: str) -> str:
    said = re.search(r"ConfigError raised while resolving interpolation: (.+)", message)
    if said:  # a resolver of ours has said it all
        return said.group(1)
    variable = re.search(r"Environment variable '([^']+)' not found", message) or re.search(
        r"\$\{oc\.env:([^},]+)", message
    )
    key = re.search(r"full_key: (\S+)", message)
    place = key.group(1) if key else "config"
    if variable:
        return f"{place}: the environment variable {variable.group(1)} is not set; set it, or give {place}=…"
    return f"{place}: {message.strip().splitlines()[0]}; correct the ${{…}} in it."


def _groups() -> list[str]:
    folders = [data.shipped("conf"), *filter(None, [user_conf()])]
    return sorted({path.name for folder in folders for path in folder.iterdir() if path.is_dir()} - {"hydra"})


def _keys(overrides: Sequence[str]) -> list[str]:
    """Every dotted key of the config, with the options that were chosen."""
    groups = _groups()
    chosen = [text for text in overrides if text.partition("=")[0].partition("@")[0] in groups]
    try:
        config = _composed([text for text in chosen if "," not in text or "[" in text])
    except HydraException:
        config = compose(CONFIG_NAME, [])
    return list(_dotted(OmegaConf.to_container(_ours(config), resolve=False)))


def _dotted(node: Any, above: str = "") -> Iterator[str]:
    for key, value in node.items():
        yield f"{above}{key}"
        if isinstance(value, dict):
            yield from _dotted(value, f"{above}{key}.")


def _bare_boolean() -> str | None:
    """Where a defaults list has an unquoted on, off, yes or no, which YAML reads as a boolean."""
    for path in sorted((user_conf() or data.shipped("conf")).rglob("*.yaml")):
        try:
            content = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (OSError, yaml.YAMLError):
            continue
        for entry in (content.get("defaults") or []) if isinstance(content, dict) else []:
            group, value = next(iter(entry.items())) if isinstance(entry, dict) else ("", None)
            if isinstance(value, bool):
                word = "on" if value else "off"
                return f'{path}: defaults: {group}: got the boolean {str(value).lower()}; quote it, as in "{word}".'
    return None
