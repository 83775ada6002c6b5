"""`models import FILE`: make an option of the group model of each alias of a models.json."""

from collections.abc import Sequence
from pathlib import Path

from foundry_exp.cli.verbs import models_json
from foundry_exp.cli.verbs.models import parsed
from foundry_exp.errors import ConfigError


def main(arguments: Sequence[str]) -> int:
    """Write the options that are not there yet, and say where."""
    options = parsed(arguments)
    if len(options.names) != 1:
        msg = "models import: give one file, as in python -m foundry_exp models import models.json"
        raise ConfigError(msg)
    written = models_json.import_(Path(options.names[0]))
    for path in written:
        print(path)
    if not written:
        print("every alias has an option already; nothing was written")
    return 0
