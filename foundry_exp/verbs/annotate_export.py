"""`annotate export RUN…`: blind files for people to score answers in."""

from pathlib import Path
from typing import Any

import yaml

from foundry_exp import data, terminal
from foundry_exp.errors import StoreError
from foundry_exp.verbs.annotate import parsed


def main(arguments: list[str]) -> int:
    """Write the files of the runs named, and say where they are and what to do with them."""
    from foundry_exp import runs, score
    from foundry_exp.annotation.choice import rubric_for
    from foundry_exp.annotation.export import as_json, default_folder, export, told
    from foundry_exp.annotation.names import check_annotators
    from foundry_exp.tracking.fetch import find

    options = parsed("export", arguments, "run", _options)
    names = [name.strip() for name in options.annotators.split(",")]
    check_annotators(names, "--annotators")
    folders = [cell for name in options.names for cell in runs.finished_cells(find(name, options.output_dir))]
    if not folders:
        msg = f"{', '.join(options.names)}: no finished run in it; measure first."
        raise StoreError(msg)
    answers = [answer for folder in dict.fromkeys(folders) for answer in score.different_answers(folder)]
    chosen = rubric_for((answer.sample for answer in answers), options.rubric, "--rubric")
    out = options.out or default_folder(answers, chosen, options.output_dir)
    made = export(answers, chosen, names, out, reference=options.reference, seed=options.seed)
    if options.json:
        terminal.print_json(as_json(made))
    else:
        print(told(made))
    return 0


def _options(parser: Any) -> None:
    defaults = _defaults()
    parser.add_argument("--annotators", default=",".join(defaults["annotators"]))
    parser.add_argument("--rubric", default=defaults["rubric"])
    parser.add_argument("--reference", action="store_true", default=defaults["reference"])
    parser.add_argument("--out", type=Path)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--json", action="store_true")


def _defaults() -> dict[str, Any]:
    """Those of `scorer=annotation`, which does the same after a run."""
    text = (data.shipped("conf") / "scorer" / "annotation.yaml").read_text(encoding="utf-8")
    defaults: dict[str, Any] = yaml.safe_load(text)
    return defaults
