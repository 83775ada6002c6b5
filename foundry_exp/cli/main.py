"""The door: what a command line asks for, be it a verb, help, a config to look at, or cells to run."""

import argparse
import importlib
import sys
from collections.abc import Sequence
from typing import NoReturn

from foundry_exp import __version__, terminal
from foundry_exp.cli import help_page
from foundry_exp.errors import ConfigError, FoundryExpError, near, offer
from foundry_exp.exit_codes import FAILED, INTERRUPTED, USAGE_ERROR

_NO_COLOUR = {"--no-color", "--no-colour"}
_OF_HYDRA = ("all", "config", "defaults", "defaults-tree", "plugins", "searchpath")


def main(arguments: Sequence[str]) -> int:
    """Run a command line and return its exit code; a failure that a user can cause is one sentence."""
    terminal.survive_any_character()
    if _NO_COLOUR & set(arguments):
        terminal.without_colours()
    try:
        return _dispatch([argument for argument in arguments if argument not in _NO_COLOUR])
    except ConfigError as error:
        print(f"foundry_exp: {error}", file=sys.stderr)
        return USAGE_ERROR
    except FoundryExpError as error:
        print(f"foundry_exp: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("foundry_exp: interrupted; what was measured is kept.", file=sys.stderr)
        return INTERRUPTED


def _dispatch(arguments: list[str]) -> int:
    first = arguments[0] if arguments else ""
    if first and "=" not in first and not first.startswith(("-", "+", "~")):
        return _verb(first, arguments[1:])
    options = _parser().parse_intermixed_args(arguments, _Options())
    if options.help:
        print(help_page.text())
        return 0
    if options.version:
        print(f"foundry_exp {__version__}")
        return 0
    return _experiment(options)


def _verb(name: str, arguments: list[str]) -> int:
    if name not in help_page.VERBS:
        msg = f"{name}: no such verb; {near(name, help_page.VERBS)} (an override has a =, as in model=demo-small)"
        raise ConfigError(msg)
    module = importlib.import_module(f"foundry_exp.cli.verbs.{name}")
    if {"-h", "--help"} & set(arguments):
        print(module.HELP, end="")
        return 0
    options = help_page.long_options(module.HELP)
    for argument in arguments:
        option = argument.partition("=")[0]
        if option.startswith("--") and option not in options:
            msg = f"{name} {option}: no such option; {offer(option, options)} See python -m foundry_exp {name} --help."
            raise ConfigError(msg)
    code: int = module.main(arguments)
    return code


class _Options:
    overrides: list[str]
    help: bool
    version: bool
    multirun: bool
    cfg: str
    resolve: bool
    info: str
    quiet: bool
    hydra_help: bool
    shell_completion: bool


class _Parser(argparse.ArgumentParser):
    """Complains in our words."""

    def error(self, message: str) -> NoReturn:
        msg = f"command line: {message}; see python -m foundry_exp --help."
        raise ConfigError(msg)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="foundry_exp", add_help=False, allow_abbrev=False)
    parser.add_argument("overrides", nargs="*")
    parser.add_argument("-h", "--help", action="store_true")
    parser.add_argument("--version", action="store_true")
    parser.add_argument("-m", "--multirun", action="store_true")
    parser.add_argument("-c", "--cfg", choices=["job", "hydra", "all"])
    parser.add_argument("--resolve", action="store_true")
    parser.add_argument("-i", "--info", nargs="?", const="all")
    parser.add_argument("-q", "--quiet", action="store_true")
    parser.add_argument("--hydra-help", action="store_true")
    parser.add_argument("-sc", "--shell-completion", action="store_true")
    return parser


def _experiment(options: _Options) -> int:
    from foundry_exp.config import compose, conf_folders

    if options.shell_completion:
        from foundry_exp.cli import completion

        return completion.main(options.overrides)
    if options.quiet:
        terminal.be_quiet()
    folder = conf_folders.user_conf()
    if folder:
        conf_folders.refuse_shadowed(folder)
        terminal.note(f"options added from {folder}")
    added, notes = compose.from_environment(options.overrides)
    for note in notes:
        terminal.note(note)
    overrides = [*options.overrides, *added]
    if options.hydra_help or options.info or options.cfg in ("hydra", "all"):
        return _hydras_own(options, overrides)
    from foundry_exp.config.cells import plan_all

    every_job, multirun = compose.jobs(overrides, multirun=options.multirun)
    cells = plan_all(every_job)
    if options.cfg:
        print("---\n".join(compose.as_yaml(job.config, resolve=options.resolve) for job in every_job), end="")
        return 0
    from foundry_exp.cli.run import run  # numpy, pydantic and rich: not for --cfg or a bad option

    return run(every_job, cells, overrides, multirun=multirun)


def _hydras_own(options: _Options, overrides: Sequence[str]) -> int:
    """What Hydra says of a command that composes, of a sweep's first cell; what does not is refused in our words."""
    from foundry_exp.config import compose, hydra_session

    view = options.info
    if view and "=" in view:
        view, overrides = "all", [view, *overrides]
    if view and view not in _OF_HYDRA:
        msg = f"--info {view}: no such view; {near(view, _OF_HYDRA)}"
        raise ConfigError(msg)
    every_job, _ = compose.jobs(overrides, multirun=options.multirun)
    question = ["--hydra-help"] if options.hydra_help else ["--info", view] if view else ["--cfg", options.cfg]
    hydra_session.hand_over([*question, *(["--resolve"] if options.resolve else []), *every_job[0].overrides])
    return 0
