"""The words behind a verb that has commands of its own: names and options in any order, complained of in a sentence."""

import argparse
from collections.abc import Callable, Sequence
from typing import Any

from foundry_exp.errors import ConfigError


def parsed(verb: str, command: str, arguments: Sequence[str], add: Callable[[Any], None]) -> Any:
    """The arguments that `add` declares; a wrong one is a ConfigError that begins with `command`."""
    parser = argparse.ArgumentParser(prog=verb, add_help=False, allow_abbrev=False, exit_on_error=False)
    add(parser)
    try:
        found, unknown = parser.parse_known_intermixed_args(list(arguments))
    except argparse.ArgumentError as error:
        msg = f"{command}: {error}; see python -m foundry_exp {verb} --help."
        raise ConfigError(msg) from error
    if unknown:
        msg = f"{command}: unknown option {unknown[0]}; see python -m foundry_exp {verb} --help."
        raise ConfigError(msg)
    return found
