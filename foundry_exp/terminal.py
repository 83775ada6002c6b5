"""How the tool speaks to a terminal: quietly, without colours, and never failing over a character.

What was wished is kept in the environment, so that child processes and the workers of a launcher heed it too.
"""

import io
import json
import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

_QUIET = "FOUNDRY_EXP_QUIET"
_NO_COLOUR = "NO_COLOR"
"""As https://no-color.org has it; rich and others heed it."""


def be_quiet() -> None:
    """From now on only errors, and on standard output the path of the report."""
    os.environ[_QUIET] = "1"


def is_quiet() -> bool:
    """Whether only errors are wanted."""
    return os.environ.get(_QUIET) == "1"


def without_colours() -> None:
    """Colours off, whatever the terminal can."""
    os.environ[_NO_COLOUR] = "1"


def survive_any_character() -> None:
    """Print a question mark where the terminal's encoding lacks a character, such as cp1252's the arrow."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def note(text: str) -> None:
    """Say on standard error what a person may want to know, unless only errors are wanted."""
    if not is_quiet():
        print(text, file=sys.stderr)


def print_json(value: Any) -> None:
    """Print JSON in plain ASCII, which no terminal's encoding can spoil."""
    print(json.dumps(value, indent=2, allow_nan=False))


def result_console() -> "Console":
    """Where results are shown to a person: standard output, unless nothing shall be."""
    from rich.console import Console

    return Console(quiet=is_quiet())


def progress_console(*, live: bool = True) -> "Console":
    """Where progress and complaints are shown: standard error, with live lines only on a terminal that has one job."""
    from rich.console import Console

    return Console(stderr=True, force_terminal=None if live and not is_quiet() else False)
