"""`annotate export RUN…`: blind files for people to score answers in, and review queues in MLflow where asked for."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from foundry_exp import terminal
from foundry_exp.cli.verb_arguments import Options
from foundry_exp.cli.verbs.annotate import parsed
from foundry_exp.errors import StoreError
from foundry_exp.files import shipped_files

if TYPE_CHECKING:
    from foundry_exp.prompts.rubric import Rubric
    from foundry_exp.protocols import Answer
    from foundry_exp.tracking.review_queue import Queued


def main(arguments: list[str]) -> int:
    """Write the files of the runs named, and say where they are and what to do with them."""
    from foundry_exp.prompts.rubric import RubricChoice
    from foundry_exp.records import runs
    from foundry_exp.results.cell import read_with_records
    from foundry_exp.scores import score
    from foundry_exp.scores.people.annotation import check_annotators
    from foundry_exp.scores.people.export import as_json, default_folder, export, summary
    from foundry_exp.tracking.fetch import find

    options = parsed("export", arguments, "run", **_defaults())
    names = [name.strip() for name in options.annotators.split(",")]
    check_annotators(names, "--annotators")
    folders = [cell for name in options.names for cell in runs.finished_cells(find(name, options.output_dir))]
    if not folders:
        msg = f"{', '.join(options.names)}: no finished run in it; measure first."
        raise StoreError(msg)
    read = (read_with_records(folder) for folder in dict.fromkeys(folders))
    answers = [answer for run in read for answer in score.different_answers(run)]
    chosen = RubricChoice(options.rubric, "--rubric").for_all(answer.sample for answer in answers)
    out = options.out or default_folder(answers, chosen, options.output_dir)
    made = export(answers, chosen, names, out, reference=options.reference, seed=options.seed)
    if not options.json:
        print(summary(made), flush=True)
    queued = _push(out, answers, chosen, names, options) if options.to_mlflow else None
    if options.json:
        terminal.print_json(as_json(made) | ({"mlflow": asdict(queued)} if queued else {}))
    elif queued:
        print(_told(queued, out, options))
    return 0


def _push(out: Path, answers: "list[Answer]", chosen: "Rubric", names: list[str], options: Options) -> "Queued":
    """The same items as in the files, to MLflow."""
    from foundry_exp.scores.people import key as keys
    from foundry_exp.scores.people.items import distinct
    from foundry_exp.tracking import review_queue
    from foundry_exp.tracking.location import locate

    key = keys.read(out / keys.KEY_FILE)
    where = locate(options.uri, str(out))
    return review_queue.push(where, key, distinct(answers, key.secret), chosen, names)


def _told(queued: "Queued", out: Path, options: Options) -> str:
    queues = ", ".join(f"{name} {items}" for name, items in queued.queues.items())
    open_it = f"python -m foundry_exp ui --uri {options.uri or f'sqlite:///{out.as_posix()}/mlflow.db'}"
    uri = f" --uri {options.uri}" if options.uri else ""
    return (
        f"Or a review queue for each in MLflow ({queues}; {queued.added} new): {open_it}\n"
        f"What was answered there: python -m foundry_exp annotate import --from-mlflow {out}{uri}"
    )


def _defaults() -> dict[str, Any]:
    """Those of `scorer=annotation`, which does the same after a run."""
    text = (shipped_files.shipped("conf") / "scorer" / "annotation.yaml").read_text(encoding="utf-8")
    option = yaml.safe_load(text)
    return {**{key: option[key] for key in ("rubric", "reference")}, "annotators": ",".join(option["annotators"])}
