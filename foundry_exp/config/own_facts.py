"""What an option says holds for the model, the prompts or the device that it describes, and for no other.

`model=phi-4-mini model.path=DIR` measures what lies in DIR: its name is the folder's, and what is known of Phi is not
said of it. What the command, or a recipe, says besides stays.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from hydra import compose
from omegaconf import DictConfig, OmegaConf

from foundry_exp.config import conf_folders, hydra_session
from foundry_exp.files import yaml_text
from foundry_exp.files.plain import is_mapping, mapping

Section = Mapping[str, object]
_ANY = "???"
"""What an option leaves to the command is not another one's."""


def keep(config: DictConfig, overrides: Sequence[str]) -> None:
    """Take out of a composed config what its options say of something else than what it names."""
    given = {text.lstrip("+~").partition("=")[0] for text in overrides}
    for choice, option in config.hydra.runtime.choices.items():
        group, _, package = str(choice).partition("@")
        place = package or group
        section = OmegaConf.select(config, place) if group in _UNSAID else None
        if not isinstance(option, str) or not isinstance(section, DictConfig):
            continue
        stated = _stated(group, option)
        if group == "model" and stated.get("path") not in (None, _ANY) and f"{place}.path" not in given:
            weights = OmegaConf.select(config, f"{place.removesuffix(group)}backend.weights_path")
            _name_by_weights(section, weights, is_named=f"{place}.alias" in given)
        asked = _plain(section)
        for key, value in _UNSAID[group](stated, asked).items():
            if key in asked and f"{place}.{key}" not in given and asked[key] == stated.get(key):
                section[key] = value


def _name_by_weights(section: DictConfig, weights: str | None, *, is_named: bool) -> None:
    """A backend that is told where its weights lie does not load those in the folder of an option."""
    if weights:
        section.path = None
        section.alias = section.alias if is_named else Path(weights).name


def _plain(section: DictConfig) -> Section:
    """With interpolations as they are written: they may be of what is not there yet."""
    return mapping(OmegaConf.to_container(section, resolve=False))


def _stated(group: str, option: str) -> Section:
    """What an option says; one that is made of others, or is a whole package, as Hydra composes it."""
    paths = (folder / group / f"{option}.yaml" for folder in conf_folders.every())
    text = next((path.read_text(encoding="utf-8") for path in paths if path.is_file()), "defaults:")
    content = _read(text)
    if is_mapping(content) and "defaults" not in content and "@package" not in text:
        return content
    user_options = conf_folders.search_path_override(conf_folders.user_conf())
    return _plain(compose(hydra_session.CONFIG_NAME, [f"{group}={option}", *user_options])[group])


@lru_cache(maxsize=64)
def _read(text: str) -> object:
    """Once for all the jobs of a sweep: a millisecond each."""
    return yaml_text.parse(text, quick=True)


def _of_model(stated: Section, asked: Section) -> Section:
    """A folder is a model of its own; without one, an alias is, of which one variant may be pinned."""
    if stated.get("path") in (_ANY, asked.get("path")):
        is_pinned = asked.get("variant") is not None and asked.get("variant") == stated.get("variant")
        if asked.get("path") or is_pinned or asked.get("alias") == stated.get("alias"):
            return {}
    unknown = ("alias", "variant", "context_length", "size_mb", "licence", "licence_source")
    return {**dict.fromkeys(unknown), "capabilities": []}


def _of_prompts(stated: Section, asked: Section) -> Section:
    if asked.get("text") != stated.get("text"):
        return {"name": "text", "path": None, "expected_tokens": None}
    if stated.get("path") in (_ANY, asked.get("path")) or asked.get("path") is None:
        return {}
    return {"name": Path(str(asked.get("path"))).stem, "expected_tokens": None}


def _of_accel(stated: Section, asked: Section) -> Section:
    if asked.get("device") == stated.get("device"):
        return {}
    return {"name": str(asked.get("device") or "auto").lower(), "prefer": []}


_UNSAID: Mapping[str, Callable[[Section, Section], Section]] = {
    "model": _of_model,
    "prompts": _of_prompts,
    "accel": _of_accel,
}
"""By group: from what an option says and what is asked to what stands for facts of the option that do not hold."""
