"""`annotate`: answers out to people, their scores in, and how far they agree; its commands, a module each."""

from collections.abc import Sequence

from foundry_exp.cli import verb_arguments
from foundry_exp.cli.verb_arguments import Options
from foundry_exp.errors import ConfigError, offer
from foundry_exp.records.score import SCALE

HELP = f"""\
usage: python -m foundry_exp annotate export RUN… [--annotators A,B] [--rubric NAME]
                                                  [--reference] [--out DIR] [--seed N] [--json]
                                                  [--to-mlflow] [--uri URI]
       python -m foundry_exp annotate import FILE… [--key KEY] [--annotator NAME] [--partial]
                                                  [--again] [--json]
       python -m foundry_exp annotate import --from-mlflow EXPORT… [--uri URI] [--json]
       python -m foundry_exp annotate agreement FILE…|RUN… [--key KEY] [--annotator NAME] [--json]

Scores by people, from {SCALE} by each criterion of a rubric.

  export     write a file for each person (.csv and .jsonl) with every different answer once, in
             an order of their own, and nothing that tells which model gave it; the key that says
             so is kept apart
  import     read filled files back into scores.jsonl of the runs, with who and when; empty
             places are fine, a file that was imported before is skipped, and a change of mind is
             kept beside what was before
  agreement  quadratic weighted kappa and Krippendorff's ordinal alpha between people, and
             between a judge and people, with 95 % intervals and what always the same score would
             reach

  RUN               a run folder, a run or sweep id, `last`, or an MLflow run id
  FILE              a filled file, in any encoding and with any separator that spreadsheets save;
                    or a folder of them
  EXPORT            the folder of an export, which holds its key.json
  --annotators A,B  who scores; two or more, or nobody knows how far people agree
  --rubric NAME     a rubric of prompts/rubrics, or the path of your own x.yaml (default: the one
                    that the prompts name, or answer)
  --reference       show the prompts' reference answers too
  --out DIR         where the files and the key go (default: mlruns/annotations/…)
  --seed N          make ids and orders from a number; without it nobody can foretell them
  --key KEY         the key.json of the export, where it is not found by itself
  --annotator NAME  who filled the file, where the file does not say it
  --partial         import the rows that are right from a file with others that are not
  --again           import a file that was imported before, as when its scores are to count again
  --to-mlflow       make each person a review queue in MLflow too, with the same answers
  --from-mlflow     import what was answered in these queues so far; may be done again at any time
  --uri URI         the queues' store: sqlite:///PATH or http(s)://HOST (default:
                    mlflow.db of the export, where no run tells who gave which answer)
  --output-dir DIR  where runs/ and annotations/ lie (default: mlruns)
  --json            print the result as JSON
  -h, --help        this text

examples:
  python -m foundry_exp annotate export last --annotators anna,ben --rubric summary
  python -m foundry_exp annotate import anna.csv ben.csv
  python -m foundry_exp annotate agreement last
  python -m foundry_exp annotate export last --annotators anna,ben --to-mlflow
"""
COMMANDS = {name: f"annotate_{name}.main" for name in ("export", "import", "agreement")}


def main(arguments: list[str]) -> int:
    """Do the command that comes first: 0 when all went well, 1 when something failed."""
    if not arguments:
        msg = f"annotate: needs a command, got nothing; {offer('', COMMANDS)} See annotate --help."
        raise ConfigError(msg)
    return verb_arguments.command("annotate", arguments[0], COMMANDS)(arguments[1:])


def parsed(command: str, arguments: Sequence[str], what: str, **defaults: object) -> Options:
    """The arguments of one command; a wrong one is a ConfigError."""
    options = verb_arguments.parsed("annotate", command, HELP, arguments, **defaults)
    if not options.names:
        msg = f"annotate {command}: needs a {what}; see python -m foundry_exp annotate --help."
        raise ConfigError(msg)
    return options
