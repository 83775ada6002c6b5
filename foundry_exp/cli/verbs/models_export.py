"""`models export FILE`: write what was really found as models.json."""

from collections.abc import Sequence
from pathlib import Path

from foundry_exp.cli.verbs import models_json
from foundry_exp.cli.verbs.models import parsed
from foundry_exp.errors import ConfigError


def main(arguments: Sequence[str]) -> int:
    """Write the file and say which aliases are in it."""
    options = parsed(arguments)
    if len(options.names) != 1:
        msg = "models export: give one file, as in python -m foundry_exp models export models.json"
        raise ConfigError(msg)
    aliases = models_json.export(Path(options.names[0]), options.settings)
    print(f"{options.names[0]}: {', '.join(aliases)}")
    return 0
