"""Shell completion: Hydra's, with what its completion does not know: verbs, their options, and lists of values."""

import contextlib
import importlib
import io
import os
import re
from collections.abc import Iterator, Sequence

from foundry_exp.cli import help_page
from foundry_exp.config import hydra_session
from foundry_exp.errors import ConfigError

_REQUEST = re.compile(r"(install|uninstall|query)=(bash|zsh|fish)")


def main(arguments: Sequence[str]) -> int:
    """Answer `--shell-completion REQUEST`: print a script for the shell, or what may stand where the cursor is."""
    request = _REQUEST.fullmatch(arguments[0]) if len(arguments) == 1 else None
    if not request:
        got = " ".join(arguments) or "nothing"
        msg = f"--shell-completion: must be install=bash, install=zsh or install=fish, or uninstall=…, got {got}."
        raise ConfigError(msg)
    if request[1] != "query":
        print(_hydras_answer(request[0]))
        return 0
    print(("\n" if request[2] == "fish" else " ").join(_choices(os.environ.get("COMP_LINE", ""))))
    return 0


def _choices(line: str) -> Iterator[str]:
    *words, last = [*line.split(), ""] if not line or line[-1].isspace() else line.split()
    words = words[1:]  # without the program's name
    if words and words[0] in help_page.VERBS:
        yield from (option for option in _options_of(words[0]) if option.startswith(last))
        if "=" in last:  # anything else may be a folder, which the shell completes
            yield from _overrides([], last)
        return
    if not words:
        yield from (verb for verb in help_page.VERBS if verb.startswith(last))
    if last.startswith("-"):
        yield from (option for option in help_page.long_options(help_page.HELP) if option.startswith(last))
    else:
        yield from _overrides(words, last)


def _overrides(words: Sequence[str], last: str) -> Iterator[str]:
    """What Hydra offers, for the last one of several values too: `model=demo-small,de`."""
    listed, comma, rest = last.rpartition(",")
    key = listed.partition("=")[0]
    offered = _offered_by_hydra([*words, f"{key}={rest}" if comma else last])
    for choice in offered:
        value = choice.removeprefix(f"{key}=")
        if not comma:
            yield choice
        elif value not in listed.partition("=")[2].split(","):
            yield f"{listed},{value}"


def _offered_by_hydra(words: Sequence[str]) -> list[str]:
    single = [word for word in words[:-1] if "=" in word and "," not in word]
    harmless = [word for word in single if not word.startswith(("-", "hydra.searchpath"))]  # which may import a package
    os.environ["COMP_LINE"] = " ".join([hydra_session.PROGRAM, *harmless, words[-1]])
    return _hydras_answer("query=bash").split()


def _hydras_answer(request: str) -> str:
    """Hydra's answer; nothing where the line so far does not compose."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(io.StringIO()), contextlib.suppress(SystemExit):
        hydra_session.hand_over(["--shell-completion", request])
    return output.getvalue().strip()


def _options_of(verb: str) -> list[str]:
    help_text: str = importlib.import_module(f"foundry_exp.cli.verbs.{verb}").HELP
    commands = re.findall(rf"foundry_exp {verb} ([a-z]+) ", help_text)
    return sorted({*commands, *help_page.long_options(help_text)})
