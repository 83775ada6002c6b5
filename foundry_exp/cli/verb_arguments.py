"""The words behind a verb: which of them are runs and which settings, and options in any order."""

import argparse
import importlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from foundry_exp.errors import ConfigError, offer


def is_setting(word: str) -> bool:
    """Whether a word is `key=value` and not a run; a tag and a folder's name may hold the sign too."""
    return "=" in word and not word.startswith("tag:") and not Path(word).exists()


def command(verb: str, word: str, known: Sequence[str]) -> Callable[[list[str]], int]:
    """The command of a verb that a word names; it stands in a module of its own."""
    if word not in known:
        msg = f"{verb} {word}: no such command; {offer(word, known)} See python -m foundry_exp {verb} --help."
        raise ConfigError(msg)
    main: Callable[[list[str]], int] = importlib.import_module(f"foundry_exp.cli.verbs.{verb}_{word}").main
    return main


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
