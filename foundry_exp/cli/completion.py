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

_WISH = re.compile(r"(install|uninstall|query)=(bash|zsh|fish)")


def main(words: Sequence[str]) -> int:
    """Answer `--shell-completion WISH`: print a script for the shell, or what may stand where the cursor is."""
    wish = _WISH.fullmatch(words[0]) if len(words) == 1 else None
    if not wish:
        got = " ".join(words) or "nothing"
        msg = f"--shell-completion: must be install=bash, install=zsh or install=fish, or uninstall=…, got {got}."
        raise ConfigError(msg)
    if wish[1] != "query":
        print(_hydras(wish[0]))
        return 0
    print(("\n" if wish[2] == "fish" else " ").join(_choices(os.environ.get("COMP_LINE", ""))))
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
    offered = _asked([*words, f"{key}={rest}" if comma else last])
    for choice in offered:
        value = choice.removeprefix(f"{key}=")
        if not comma:
            yield choice
        elif value not in listed.partition("=")[2].split(","):
            yield f"{listed},{value}"


def _asked(words: Sequence[str]) -> list[str]:
    told = [word for word in words[:-1] if not word.startswith(("-", "hydra.searchpath"))]  # which may import a package
    kept = [word for word in told if "=" in word and "," not in word]
    os.environ["COMP_LINE"] = " ".join([hydra_session.PROGRAM, *kept, words[-1]])
    return _hydras("query=bash").split()


def _hydras(wish: str) -> str:
    """Hydra's answer; nothing where the line so far does not compose."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(io.StringIO()), contextlib.suppress(SystemExit):
        hydra_session.hand_over(["--shell-completion", wish])
    return said.getvalue().strip()


def _options_of(verb: str) -> list[str]:
    shown: str = importlib.import_module(f"foundry_exp.cli.verbs.{verb}").HELP
    second = re.findall(rf"foundry_exp {verb} ([a-z]+) ", shown)
    return sorted({*second, *help_page.long_options(shown)})
