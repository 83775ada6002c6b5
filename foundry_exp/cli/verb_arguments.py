"""The arguments behind a verb: which of them are runs and which settings, and options in any order."""

import argparse
import importlib
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from foundry_exp.errors import ConfigError, offer

_OPTION = re.compile(r"^  (--[a-z-]+)(?: (\[?[A-Z]+…?\]?))?", re.MULTILINE)
"""A line of a help text that describes an option, and what it calls the value."""
_KINDS: dict[str, dict[str, Any]] = {
    "": {"action": "store_true"},
    "DIR": {"type": Path},
    "FILE": {"type": Path},
    "KEY": {"type": Path},
    "PATH": {"type": Path},
    "RUN": {"action": "extend", "nargs": "+"},
    "[NAME…]": {"nargs": "*"},
}
"""Any other value is a text."""


class Options:
    """The values of options, by their names, which mean the same in each verb; a verb has those of its help."""

    names: list[str]
    runs: list[str]
    settings: list[str]
    overrides: list[str]
    output_dir: Path
    uri: str | None
    json: bool
    force: bool
    seed: int
    """Null where `annotate export` is given none."""
    markdown: Path | None
    junit: Path | None
    routing: Path | None
    save: Path | None
    out: Path | None
    key: Path | None
    baseline: list[str] | None
    candidate: list[str] | None
    probe: list[str] | None
    tag: str | None
    rules: str
    judge: bool
    quick: bool
    experiment: str
    traces: bool
    port: int
    alias: str | None
    variant: str | None
    annotators: str
    annotator: str | None
    rubric: str | None
    reference: bool
    partial: bool
    again: bool
    to_mlflow: bool
    from_mlflow: bool


def is_setting(argument: str) -> bool:
    """Whether an argument is `key=value` and not a run; a tag and a folder's name may hold the sign too."""
    return "=" in argument and not argument.startswith("tag:") and not Path(argument).exists()


def runs_and_settings(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """The arguments that name runs, and those that are `key=value`."""
    return [one for one in arguments if not is_setting(one)], [one for one in arguments if is_setting(one)]


def parser(
    verb: str, help_text: str, *, runs: str | None = None, number: Callable[[str], int] = int, **defaults: Any
) -> argparse.ArgumentParser:
    """A verb's: usage and options as its help has them, values by what the help calls them, and so many `runs`."""
    usage = help_text.partition("\n\n")[0].removeprefix("usage: ")
    made = argparse.ArgumentParser(prog=verb, usage=usage, add_help=False, allow_abbrev=False)
    _add_options(made, help_text, number)
    if runs:
        made.add_argument("runs", nargs=runs, metavar="RUN")
    made.set_defaults(**{"output_dir": Path("mlruns"), **defaults})
    return made


def command(verb: str, name: str, commands: Mapping[str, str]) -> Callable[[list[str]], int]:
    """The command of a verb, of which `commands` has the module and the function: `{"pull": "models_cache.pull"}`."""
    if name not in commands:
        msg = f"{verb} {name}: no such command; {offer(name, commands)} See python -m foundry_exp {verb} --help."
        raise ConfigError(msg)
    module, _, function = commands[name].partition(".")
    main: Callable[[list[str]], int] = getattr(importlib.import_module(f"foundry_exp.cli.verbs.{module}"), function)
    return main


def parsed(verb: str, command: str, help_text: str, arguments: Sequence[str], **defaults: object) -> Options:
    """The arguments of a verb's command, which has the options of its own usage and those that no usage names."""
    usages = help_text.partition("\n\n")[0].split("python -m foundry_exp ")[1:]
    own = {option for usage in usages if usage.startswith(f"{verb} {command or '['}") for option in _named(usage)}
    others = {option for usage in usages for option in _named(usage)} - own
    made = argparse.ArgumentParser(prog=verb, add_help=False, allow_abbrev=False, exit_on_error=False)
    _add_options(made, help_text, but=others)
    made.add_argument("names", nargs="*")
    made.set_defaults(**{"output_dir": Path("mlruns"), **defaults})
    what = f"{verb} {command}".rstrip()
    try:
        options, unknown = made.parse_known_intermixed_args(list(arguments), Options())
    except argparse.ArgumentError as error:
        msg = f"{what}: {error}; see python -m foundry_exp {verb} --help."
        raise ConfigError(msg) from error
    if unknown:
        msg = f"{what}: unknown option {unknown[0]}; see python -m foundry_exp {verb} --help."
        raise ConfigError(msg)
    return options


def _named(usage: str) -> list[str]:
    return re.findall(r"--[a-z-]+", usage)


def _add_options(
    made: argparse.ArgumentParser, help_text: str, number: Callable[[str], int] = int, but: Collection[str] = ()
) -> None:
    kinds = {**_KINDS, "N": {"type": number}}
    for option, value in _OPTION.findall(help_text):
        if option not in but:
            made.add_argument(option, **kinds.get(value, {}))
