"""What Hydra complains of, in our words: where, what is wrong, and the way out."""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import yaml
from hydra.errors import ConfigCompositionException, HydraException, MissingConfigException, OverrideParseException
from omegaconf.errors import InterpolationResolutionError, MissingMandatoryValue

from foundry_exp.config import conf_folders
from foundry_exp.errors import ConfigError, near
from foundry_exp.files import shipped_files
from foundry_exp.runtime.models import variants
from foundry_exp.runtime.models.variants import OWN_MODEL


@contextmanager
def in_our_words(overrides: Sequence[str] = (), keys: Callable[[], list[str]] = list) -> Iterator[None]:
    """Turn what Hydra and OmegaConf raise into ConfigErrors; `keys` are those that the config has, for near matches."""
    try:
        yield
    except MissingConfigException as error:
        raise ConfigError(_missing_option(error)) from error
    except OverrideParseException as error:
        reason = _first_line(error)
        msg = f"{error.override}: not an override ({reason}); write key=value, quoted if it has , = [ ] or spaces."
        raise ConfigError(msg) from error
    except ConfigCompositionException as error:
        raise ConfigError(_composition(error, overrides, keys)) from error
    except HydraException as error:
        msg = f"{' '.join(overrides)}: {_first_line(error)}; correct it, or leave it out."
        raise ConfigError(msg) from error
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
        raise ConfigError(_faulty_option() or f"config: {_first_line(error)}") from error


def _first_line(error: BaseException) -> str:
    return str(error).strip().split("\n")[0]


def _missing_option(error: MissingConfigException) -> str:
    group, _, name = (error.missing_cfg_file or "").rpartition("/")
    if not group:
        return f"config: {_first_line(error)}; choose from {', '.join(conf_folders.groups())}."
    options = error.options or conf_folders.options(group)
    devices = variants.devices_of(name) if group.endswith("accel") else []
    way_out = (
        f"{name} is a provider of {' and '.join(devices)}: use {group}={devices[0]}."
        if devices
        else near(name, options)
    )
    return f"{group}={name}: no such option; {way_out}"


def _composition(error: ConfigCompositionException, overrides: Sequence[str], keys: Callable[[], list[str]]) -> str:
    message = _first_line(error)
    unknown = re.search(
        r"Could not (?:override|append to config|delete from config) '?([^'\s.]+(?:\.[^'\s]+)*)'?", message
    )
    if unknown and "${" not in message:
        key = unknown.group(1).rstrip(".")
        if key.startswith("hydra."):
            return f"{key}: Hydra has no such setting; add it with +{key}=…, or see --hydra-help."
        inside = re.match(r"In '([^']+)'", message)
        place = f"{inside.group(1)}: {key}" if inside else key
        return f"{place}: unknown key; {near(key, [*conf_folders.groups(), *keys()])}"
    if "${" in message or "interpolation" in message:
        return _unresolved(message)
    if several := re.search(r"(?:Ambiguous value for argument|Sweep parameters) '(.+)'", message):
        text = several.group(1)
        return f"{text}: several values, and this is no sweep; add -m to measure each, or quote them as one text."
    return f"{' '.join(overrides)}: {message}"


def _unresolved(message: str) -> str:
    own = re.search(r"ConfigError raised while resolving interpolation: (.+)", message)
    if own:  # a resolver of ours has said it all
        return own.group(1)
    variable = re.search(r"Environment variable '([^']+)' not found", message) or re.search(
        r"\$\{oc\.env:([^},]+)", message
    )
    key = re.search(r"full_key: (\S+)", message)
    place = key.group(1) if key else "config"
    if variable and variable.group(1) in os.environ:  # one that holds a secret, in a list of defaults
        return f"{place}: the environment variable {variable.group(1)} cannot be interpolated there; write the value."
    if variable:
        return f"{place}: the environment variable {variable.group(1)} is not set; set it, or give {place}=…"
    return f"{place}: {message.strip().splitlines()[0]}; correct the ${{…}} in it."


def _faulty_option() -> str | None:
    """The option file that is not UTF-8, or whose defaults list has an unquoted on or off, to YAML a boolean."""
    for path in sorted((conf_folders.user_conf() or shipped_files.shipped("conf")).rglob("*.yaml")):
        try:
            content = yaml.safe_load(path.read_text(encoding="utf-8"))
        except UnicodeDecodeError as error:
            return f"{path}: not UTF-8 (byte {error.start}); save the file as UTF-8."
        except (OSError, yaml.YAMLError):
            continue
        for entry in (content.get("defaults") or []) if isinstance(content, dict) else []:
            group, value = next(iter(entry.items())) if isinstance(entry, dict) else ("", None)
            if isinstance(value, bool):
                word = "on" if value else "off"
                return f'{path}: defaults: {group}: got the boolean {str(value).lower()}; quote it, as in "{word}".'
    return None
