"""`recommend RUN… [decision=NAME] [key=value…]`: the model to take, with reasons."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from foundry_exp import terminal
from foundry_exp.cli import verb_arguments
from foundry_exp.cli.verb_arguments import Options
from foundry_exp.errors import ConfigError

if TYPE_CHECKING:
    from foundry_exp.records.decision import Decision

DEFAULT = "default-summarizer"
DECISION = "decision="

HELP = f"""\
usage: python -m foundry_exp recommend RUN… [decision=NAME] [key=value…]
                                       [--routing FILE] [--markdown FILE] [--json]

Pick a model out of measured cells: those that keep to the constraints of
conf/decision/NAME.yaml, weighed; why, what cannot be told apart from it, what every other one
lacks, and what would change the choice.

  RUN               a run folder, a run or sweep id, `last`, or an MLflow run id; of a sweep, all
                    its cells
  decision=NAME     an option of conf/decision/ (default: {DEFAULT})
  key=value         another constraint or weight, as in constraints.rss_peak_mb=4000 or
                    weights.speed=5; fleet.laptops=100 adds what it would cost so many laptops
  --routing FILE    write a models.json with capabilities, sizes and measured figures, for
                    automated routing
  --markdown FILE   write the recommendation as Markdown
  --json            print it as JSON
  --force           decide although prompts, rubric, settings, concurrency, runtime, power or
                    machine differ, and say so
  --output-dir DIR  where runs/ lies (default: mlruns)
  --uri URI         the MLflow store that run ids are looked up in (default: DIR/mlflow.db)
  --seed N          of the bootstrap (default: 0)
  -h, --help        this text

examples:
  python -m foundry_exp recommend last
  python -m foundry_exp recommend last decision=low-memory constraints.disk_mb=1000
  python -m foundry_exp recommend last --routing models.json

exit codes: 0 a model is recommended · 1 none qualifies, or a run cannot be read · 2 nothing to
decide on
"""


def main(arguments: list[str]) -> int:
    """Recommend one of the cells of the runs named."""
    options = verb_arguments.parser("recommend", HELP, runs="*", seed=0).parse_intermixed_args(arguments, Options())
    names, settings = verb_arguments.runs_and_settings(options.runs)
    if not names:
        msg = "recommend: name a run, as in python -m foundry_exp recommend last"
        raise ConfigError(msg)
    decision = _decision(settings)
    from foundry_exp.tracking.fetch import named

    return _recommend(named(names, options.output_dir, options.uri), decision, options)


def _decision(settings: Sequence[str]) -> "Decision":
    from foundry_exp.config import compose
    from foundry_exp.records.decision import Decision

    named = [setting.removeprefix(DECISION) for setting in settings if setting.startswith(DECISION)]
    rest = [setting for setting in settings if not setting.startswith(DECISION)]
    return compose.section(Decision, named[-1] if named else DEFAULT, rest)


def _recommend(runs: Sequence[Path], decision: "Decision", options: Options) -> int:
    # Imported here, so that --help and a wrong argument are answered at once.
    from foundry_exp.decide import routing_file
    from foundry_exp.decide.recommend import recommend
    from foundry_exp.files.disk import write_whole
    from foundry_exp.report import recommendation_pages
    from foundry_exp.results import candidates, comparable

    read = candidates.read(runs, together=True)
    differing = comparable.mismatches([one for one in read if one.why_not is None])
    if not options.force:
        comparable.refuse(differing)
    recommendation = recommend(read, decision, differing, options.seed)
    recommendation = replace(recommendation, remarks=(*recommendation.remarks, *candidates.absent(runs)))
    if options.json:
        terminal.print_json(recommendation_pages.document(recommendation))
    else:
        print(recommendation_pages.console(recommendation), end="", flush=True)
    # after it was said: a file that is refused takes nothing from the recommendation
    if options.markdown:
        write_whole(options.markdown, recommendation_pages.page(recommendation))
    if options.routing:
        routing_file.write(options.routing, recommendation)
    return 0 if recommendation.pick else 1
