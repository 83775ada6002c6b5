"""`annotate import FILE…`: filled files become scores of the runs that they are about."""

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from foundry_exp import terminal
from foundry_exp.cli.verb_arguments import Options
from foundry_exp.cli.verbs.annotate import parsed
from foundry_exp.errors import ConfigError

if TYPE_CHECKING:
    from foundry_exp.scores.people.filled_check import CheckedFile

PULLED = "from-mlflow"
"""Beside the key: what was answered in MLflow, as files."""
_MOST_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of one file."""

    file: str
    annotator: str | None
    answers: int
    """Rows that are right and hold a score."""
    added: int
    """Scores that no run had yet; an answer that several runs gave counts in each."""
    problems: tuple[str, ...]
    notes: tuple[str, ...]


def main(arguments: list[str]) -> int:
    """Import every file without a problem: 0 when all were, 1 when one was not."""
    options = parsed("import", arguments, "filled file")
    touched: Counter[Path] = Counter()
    results = []
    try:
        for path in _pulled(options) if options.from_mlflow else _files(options.names):
            results.append(_import(path, options, touched))
            _print_result(results[-1], sys.stderr if options.json else sys.stdout)
    finally:
        _catch_up(touched)
    if options.json:
        terminal.print_json([asdict(result) for result in results])
    return 1 if any(result.problems for result in results) else 0


def _files(names: list[str]) -> list[Path]:
    """The files named; of a folder its .csv and .jsonl files."""
    files = []
    for path in map(Path, names):
        inside = [file for file in sorted(path.iterdir()) if file.suffix in (".csv", ".jsonl")] if path.is_dir() else []
        files += inside or [path]
    return files


def _pulled(options: Options) -> Iterator[Path]:
    """What was answered in MLflow's review queues of the exports named, as a filled file for each person."""
    from foundry_exp.files.disk import write_whole
    from foundry_exp.scores.people import key as keys
    from foundry_exp.scores.people.documents import as_jsonl
    from foundry_exp.tracking import review_queue
    from foundry_exp.tracking.location import locate

    for name in options.names:
        file = Path(name) / keys.KEY_FILE if Path(name).is_dir() else Path(name)
        answered = review_queue.pull(locate(options.uri, str(file.parent)), keys.read(file))
        (file.parent / PULLED).mkdir(exist_ok=True)
        for one in answered:
            if not one.lines:
                print(f"{one.annotator}: has answered nothing in MLflow yet.", file=sys.stderr)
                continue
            if len(one.given_by) > 1:
                several = " and ".join(one.given_by)
                print(
                    f"{one.annotator}: {several} answered in this queue; all counts as {one.annotator}'s.",
                    file=sys.stderr,
                )
            path = file.parent / PULLED / f"{one.annotator}.jsonl"
            write_whole(path, as_jsonl(one.lines))
            yield path


def _import(path: Path, options: Options, touched: Counter[Path]) -> Imported:
    from foundry_exp.scores.people.filled_check import read_and_check

    try:
        checked = read_and_check(path, key_file=options.key, output_dir=options.output_dir, annotator=options.annotator)
    except ConfigError as error:
        return Imported(str(path), None, 0, 0, tuple(str(error).splitlines()), ())
    refused = (bool(checked.file.problems) and not options.partial) or not checked.scores
    added, before = (0, []) if refused else _add(checked, touched, again=options.again)
    gone = [f"{path}: the run {run} is gone, so its part is left out." for run in _gone(checked)]
    notes = [*checked.file.notes, *gone, *before]
    return Imported(
        file=str(path),
        annotator=checked.scores[0].annotator if checked.scores else None,
        answers=len(checked.scores),
        added=added,
        problems=tuple(str(problem) for problem in checked.file.problems),
        notes=tuple(notes),
    )


def _add(checked: "CheckedFile", touched: Counter[Path], *, again: bool) -> tuple[int, list[str]]:
    """How many scores were added, and a note when the same file had brought them before."""
    from foundry_exp.records import run_folder
    from foundry_exp.scores.people import import_scores

    path, key_folder, now = checked.file.path, checked.runs.key_folder, datetime.now(UTC).isoformat(timespec="seconds")
    digest = import_scores.import_digest(path, checked.scores[0].annotator)
    before = import_scores.earlier_import(key_folder, digest)
    done = before.runs if before and not again else ()
    added = 0
    for folder, score in import_scores.new_scores(checked.scores, checked.runs, now, without=done):
        run_folder.append_score(folder, score)
        touched[folder] += 1
        added += 1
    reached = {place.run for item in checked.scores for _, place in checked.runs.places(item.item_id)}
    import_scores.remember_import(key_folder, digest, path.name, now, reached)
    if before and reached & set(done):
        what = "so it is skipped" if reached <= set(done) else "so only what is new of its runs is added"
        return added, [f"{path}: was imported before, at {before.at}, {what}; --again takes it all the same."]
    return added, []


def _gone(checked: "CheckedFile") -> list[str]:
    return sorted(checked.runs.missing)


def _print_result(result: Imported, out: TextIO) -> None:
    for note in result.notes[:_MOST_SHOWN]:
        print(note, file=sys.stderr)
    for problem in result.problems[:_MOST_SHOWN]:
        print(problem, file=sys.stderr)
    if len(result.problems) > _MOST_SHOWN:
        print(f"{result.file}: and {len(result.problems) - _MOST_SHOWN} more problems.", file=sys.stderr)
    if result.problems and not result.added:
        print(f"{result.file}: nothing imported; correct it, or take what is right with --partial.", file=sys.stderr)
        return
    if not result.answers:
        print(f"{result.file}: nothing is filled in yet.", file=out)
        return
    print(f"{result.file}: {result.annotator} scored {result.answers} answers; {result.added} new scores.", file=out)


def _catch_up(touched: Counter[Path]) -> None:
    if not touched:
        return
    from foundry_exp.run.score_again import catch_up

    catch_up(sorted(touched), terminal.progress_console())
