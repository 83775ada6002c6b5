"""Who scores: names that can be files' names."""

import re
from collections.abc import Sequence
from typing import Any

from foundry_exp.errors import ConfigError

_NAME = re.compile(r"\w[\w.-]{0,39}")


def check_annotators(names: Sequence[Any], where: str) -> None:
    """Raise ConfigError unless there is a name, all can be files' names, and no two are alike."""
    if isinstance(names, str) or not names:
        msg = f"{where}: needs a list of names, got {names or 'none'}; as in [anna,ben]."
        raise ConfigError(msg)
    for name in names:
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            msg = f"{where}: {name!r} cannot be a file's name; use letters, digits, dots and hyphens, 40 at most."
            raise ConfigError(msg)
    if len({name.casefold() for name in names}) < len(names):
        msg = f"{where}: {', '.join(names)} are not all different; give everybody a name of their own."
        raise ConfigError(msg)
