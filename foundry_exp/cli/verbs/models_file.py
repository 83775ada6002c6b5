"""`models export FILE` and `models import FILE`: what is here as a models.json, and one as options of `model`."""

from collections.abc import Sequence
from pathlib import Path

import yaml

from foundry_exp.cli.verbs.models import composed, parsed
from foundry_exp.config import models_json
from foundry_exp.errors import ConfigError, StoreError
from foundry_exp.runtime.models import provision, request


def export(arguments: Sequence[str]) -> int:
    """Write what catalogue and cache have into a models.json, and say which aliases are in it."""
    file, settings = _file("export", arguments)
    config = composed(settings)
    place = provision.Place.named_by(config.backend, offline=config.offline)
    entries = models_json.entries_of(list(provision.look(place, config.accel.name).variants))
    if not entries:
        msg = f"{file}: not written, no chat model was found in the catalogue or the cache; connect, or add one first."
        raise StoreError(msg)
    models_json.write(Path(file), entries)
    print(f"{file}: {', '.join(entries)}")
    return 0


def import_(arguments: Sequence[str]) -> int:
    """Make each alias of a models.json an option of `model` in ./conf, unless it is one, and say where."""
    file, _ = _file("import", arguments)
    existing = set(request.options()) | {str(option.get("alias")) for option in request.options().values()}
    new = [(alias, entry) for alias, entry in models_json.read(file).items() if alias not in existing]
    for alias, entry in new:
        of_model = {key: entry.get(key, [] if key == "capabilities" else None) for key in models_json.OF_MODEL}
        option = Path.cwd() / "conf" / "model" / f"{alias}.yaml"
        _write_option(option, f"# From {Path(file).name}.\n", {"alias": alias, **of_model})
        print(option)
    if not new:
        print("every alias has an option already; nothing was written")
    return 0


def _file(command: str, arguments: Sequence[str]) -> tuple[str, list[str]]:
    """The one file that is named, and settings."""
    named = parsed(command, arguments)
    if len(named.names) != 1:
        msg = f"models {command}: give one file, as in python -m foundry_exp models {command} models.json"
        raise ConfigError(msg)
    return named.names[0], named.settings


def _write_option(file: Path, head: str, option: dict[str, object]) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(head + yaml.safe_dump(option, sort_keys=False, allow_unicode=True), encoding="utf-8")
    except OSError as error:
        msg = f"{file}: cannot be written ({error.strerror}); check the folder's rights."
        raise StoreError(msg) from error
