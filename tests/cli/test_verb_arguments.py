"""A command of a verb has the options that its usage names, as the help describes them, and no others."""

import importlib
from pathlib import Path

import pytest

from foundry_exp.cli import help_page, verb_arguments
from foundry_exp.cli.verbs import annotate, models
from foundry_exp.errors import ConfigError


def test_values_are_what_the_help_calls_them() -> None:
    given = ["last", "--out", "there", "--seed", "3", "--to-mlflow", "--output-dir", "runs"]
    options = verb_arguments.parsed("annotate", "export", annotate.HELP, given, annotators="a,b")
    assert (options.names, options.out, options.seed, options.to_mlflow) == (["last"], Path("there"), 3, True)
    assert (options.output_dir, options.annotators, options.json) == (Path("runs"), "a,b", False)


@pytest.mark.parametrize(
    ("verb", "command", "help_text", "given"),
    [
        ("annotate", "import", annotate.HELP, ["--annotators", "a"]),
        ("annotate", "agreement", annotate.HELP, ["--partial"]),
        ("models", "", models.HELP, ["--alias", "mine"]),
        ("models", "add", models.HELP, ["--json"]),
    ],
)
def test_an_option_of_another_command_is_refused(verb: str, command: str, help_text: str, given: list[str]) -> None:
    with pytest.raises(ConfigError, match=f"^{f'{verb} {command}'.rstrip()}: unknown option {given[0]}; see "):
        verb_arguments.parsed(verb, command, help_text, given)


@pytest.mark.parametrize("verb", help_page.VERBS)
def test_every_option_of_a_help_has_a_type(verb: str) -> None:
    options = help_page.long_options(importlib.import_module(f"foundry_exp.cli.verbs.{verb}").HELP)
    names = {option.removeprefix("--").replace("-", "_") for option in options} - {"help"}
    assert names <= set(verb_arguments.Options.__annotations__) | {"no_color", "no_colour"}
