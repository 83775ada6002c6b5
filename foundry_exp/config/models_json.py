"""models.json: models by alias, with what they can do; a list to measure, and a table to route by."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from foundry_exp.errors import ConfigError
from foundry_exp.files import disk, json_schema, shipped_files, user_text
from foundry_exp.runtime.models import request
from foundry_exp.runtime.models.facts import CHAT_TASKS, VariantFacts

Entries = dict[str, dict[str, Any]]

KEY = "models_file"
MAX_FILE_BYTES = 10_000_000
OF_MODEL = ("variant", "path", "context_length", "size_mb", "licence", "licence_source", "capabilities")
"""What an entry can say of a model that a run is composed of; the rest is for a router."""


def read(path: str | None) -> Entries:
    """The entries of a models.json, checked; raises ConfigError naming the file and the key path."""
    if path is None:
        msg = f"{KEY}: not set, got null; name a models.json, as in {KEY}=models.json."
        raise ConfigError(msg)
    file = shipped_files.locate(path, KEY)
    too_large = "; name another file."
    entries = user_text.read_json(file, most_bytes=MAX_FILE_BYTES, too_large=too_large, as_object=_without_twins)
    json_schema.check(entries, "models", str(file))
    return dict(entries)


def write(path: Path, entries: Entries) -> None:
    """Write entries as a models.json, whole or not at all."""
    json_schema.check(entries, "models", str(path))
    disk.write_whole(path, json.dumps(entries, indent=2, ensure_ascii=False) + "\n")


def aliases(path: str | None) -> str:
    """Every alias of a file, as Hydra sweeps over them."""
    return ",".join(read(path))


def listed(path: str | None, alias: str, key: str) -> Any:
    """One fact of a model: the file's, or that of the option of `model` with this alias or name.

    An entry with a folder of its own is not the model that an option describes.
    """
    entry = read(path).get(alias, {})
    if key in entry or "path" in entry:
        return entry.get(key, [] if key == "capabilities" else None)
    return _option_of(alias).get(key, [] if key == "capabilities" else None)


def entries_of(variants: list[VariantFacts]) -> Entries:
    """Of models that can chat, by alias; facts are of the variant in the cache, else of the first."""
    entries: Entries = {}
    for alias in sorted({variant.alias for variant in variants if variant.task in CHAT_TASKS}):
        own = [variant for variant in variants if variant.alias == alias and variant.task in CHAT_TASKS]
        best = next((variant for variant in own if variant.cached), own[0])
        entries[alias] = {
            "capabilities": list(dict.fromkeys(name for variant in own for name in variant.capabilities)),
            "size_mb": best.size_mb,
            "context_length": best.context_length,
            "licence": best.licence,
            "licence_source": best.sources.get("licence"),
            "facts_of": best.id,
            "variants": [variant.id for variant in own],
            # of several, the alias chooses by accelerator, which one folder would not
            **({"path": best.path} if best.catalogue == "local" and len(own) == 1 else {}),
        }
    return entries


def _option_of(alias: str) -> Mapping[str, Any]:
    """The option file of `model` that means this alias; empty when there is none."""
    for name, option in request.options().items():
        if alias in (option.get("alias"), name):
            return {key: value for key, value in option.items() if value != "???"}
    return {}


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object in which no key comes twice."""
    if (twin := user_text.repeated_key(pairs)) is not None:
        msg = f"the key {twin!r} is there twice"
        raise ValueError(msg)
    return dict(pairs)
