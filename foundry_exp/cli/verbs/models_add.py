"""`models add PATH`: register an ONNX Runtime GenAI folder of your own, where it is."""

import re
from collections.abc import Sequence
from pathlib import Path

from foundry_exp.cli.verbs.models import composed, parsed
from foundry_exp.errors import ConfigError
from foundry_exp.runtime.models import variants

_ALIAS = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_ID = re.compile(rf"{_ALIAS.pattern}:(0|[1-9]\d*)")


def main(arguments: Sequence[str]) -> int:
    """Register the folder; the same command again changes nothing."""
    from foundry_exp.runtime.models import folder, provision

    options = parsed("add", arguments)
    if len(options.names) != 1:
        msg = "models add: give one folder, as in python -m foundry_exp models add /models/mine --alias mine"
        raise ConfigError(msg)
    path = Path(options.names[0]).expanduser().absolute()
    if not path.exists():
        msg = f"models add: nothing at {path}; give a folder that exists."
        raise ConfigError(msg)
    path = path.resolve()
    folder.check(path, "models add")
    variant = _variant(options.alias, options.variant, path)
    config = composed(options.settings)
    added = provision.add(provision.Place.named_by(config.backend, offline=config.offline), path, variant)
    device = variants.device_of(added.id) or "whatever its genai_config.json names"
    print(f"{added.id}: registered as a variant of {added.alias} for {device}, left in {path}")
    print(f"  python -m foundry_exp model=custom model.alias={added.alias}")
    return 0


def _variant(alias: str | None, variant: str | None, path: Path) -> str:
    name = alias or path.name
    if variant is None and not _ALIAS.fullmatch(name):
        msg = f"models add: an alias is letters, digits, dot, dash and underscore, got {name!r}; give --alias."
        raise ConfigError(msg)
    asked = variant or f"{name}-generic-cpu:1"
    if not _ID.fullmatch(asked):
        msg = f"models add: --variant must be NAME:VERSION, got {asked!r}; as in {name}-generic-cpu:1"
        raise ConfigError(msg)
    if variant and alias and variants.own_alias(variant) != alias:
        belongs = f"belongs to {variants.own_alias(variant)}, not to --alias {alias}"
        msg = f"models add: --variant {variant} {belongs}; name it {alias}-generic-cpu:1, {alias}-cuda-gpu:1 …"
        raise ConfigError(msg)
    return asked
