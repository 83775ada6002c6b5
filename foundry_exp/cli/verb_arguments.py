"""The arguments behind a verb: which of them are runs and which settings, and options in any order."""

import argparse
import importlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from foundry_exp.errors import ConfigError, offer


def is_setting(argument: str) -> bool:
    """Whether an argument is `key=value` and not a run; a tag and a folder's name may hold the sign too."""
    return "=" in argument and not argument.startswith("tag:") and not Path(argument).exists()


def runs_and_settings(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """The arguments that name runs, and those that are `key=value`."""
    return [one for one in arguments if not is_setting(one)], [one for one in arguments if is_setting(one)]


def parser(verb: str, help_text: str, *switches: str) -> argparse.ArgumentParser:
    """A verb's, with the usage that its help begins with, the folder of runs, and options without a value."""
    usage = help_text.partition("\n\n")[0].removeprefix("usage: ")
    made = argparse.ArgumentParser(prog=verb, usage=usage, add_help=False, allow_abbrev=False)
    made.add_argument("--output-dir", type=Path, default=Path("mlruns"))
    for switch in switches:
        made.add_argument(switch, action="store_true")
    return made


def command(verb: str, name: str, commands: Mapping[str, str]) -> Callable[[list[str]], int]:
    """The command of a verb, of which `commands` has the module and the function: `{"pull": "models_cache.pull"}`."""
    if name not in commands:
        msg = f"{verb} {name}: no such command; {offer(name, commands)} See python -m foundry_exp {verb} --help."
        raise ConfigError(msg)
    module, _, function = commands[name].partition(".")
    main: Callable[[list[str]], int] = getattr(importlib.import_module(f"foundry_exp.cli.verbs.{module}"), function)
    return main


def parsed(verb: str, command: str, arguments: Sequence[str], add: Callable[[Any], None]) -> Any:
    """The arguments that `add` declares; a wrong one is a ConfigError that begins with `command`."""
    parser = argparse.ArgumentParser(prog=verb, add_help=False, allow_abbrev=False, exit_on_error=False)
    add(parser)
    try:
        options, unknown = parser.parse_known_intermixed_args(list(arguments))
    except argparse.ArgumentError as error:
        msg = f"{command}: {error}; see python -m foundry_exp {verb} --help."
        raise ConfigError(msg) from error
    if unknown:
        msg = f"{command}: unknown option {unknown[0]}; see python -m foundry_exp {verb} --help."
        raise ConfigError(msg)
    return options
