"""`models export` and `models import`: a models.json out of what is really here, and one in as options of `model`."""

from collections.abc import Sequence
from pathlib import Path

import yaml

from foundry_exp.cli.verbs.models import composed
from foundry_exp.config import models_json
from foundry_exp.errors import StoreError
from foundry_exp.runtime.models import options, provision


def export(path: Path, settings: Sequence[str] = ()) -> list[str]:
    """Write what catalogue and cache have into a models.json; return the aliases. `settings` are key=value."""
    config = composed(settings)
    place = provision.Place.of(config["backend"], offline=config["offline"])
    entries = models_json.entries_of(list(provision.look(place, config["accel"]["name"]).variants))
    if not entries:
        msg = f"{path}: not written, no chat model was found in the catalogue or the cache; connect, or add one first."
        raise StoreError(msg)
    models_json.write(path, entries)
    return list(entries)


def import_(path: Path) -> list[Path]:
    """Make each alias of a models.json an option of `model` in ./conf, unless it is one; return the files written."""
    known = {str(said.get("alias") or name) for name, said in options.contents().items()} | set(options.contents())
    folder = Path.cwd() / "conf" / "model"
    written = []
    for alias, entry in models_json.read(str(path)).items():
        if alias in known:
            continue
        of_model = {key: entry.get(key, [] if key == "capabilities" else None) for key in models_json.OF_MODEL}
        written.append(_option(folder / f"{alias}.yaml", f"# From {path.name}.\n", {"alias": alias, **of_model}))
    return written


def _option(file: Path, head: str, said: dict[str, object]) -> Path:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(head + yaml.safe_dump(said, sort_keys=False, allow_unicode=True), encoding="utf-8")
    except OSError as error:
        msg = f"{file}: cannot be written ({error.strerror}); check the folder's rights."
        raise StoreError(msg) from error
    return file
