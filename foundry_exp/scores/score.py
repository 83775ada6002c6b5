"""The score stage: answers that lie in run folders get points, and each folder's run.json is brought up to date."""

import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from foundry_exp.errors import BackendError, FoundryExpError, StoreError
from foundry_exp.files.digest import digest_of
from foundry_exp.metrics import quality
from foundry_exp.protocols import Answer, Scorer
from foundry_exp.records import run_folder
from foundry_exp.records.score import Score, Standing
from foundry_exp.redact import without_secrets
from foundry_exp.results.cell import CellWithRecords, with_scores

Spec = dict[str, Any]
"""A scorer's section of a config."""


@dataclass(frozen=True, slots=True)
class Scoring:
    """What a scorer came to."""

    runs: tuple[CellWithRecords, ...]
    """With the scores that it gave, and with what all scores come to in their summaries."""
    trouble: FoundryExpError | None
    """Why it did not come to its end; what it scored before is kept."""


def score(runs: Sequence[CellWithRecords], name: str, scorer: Scorer) -> Scoring:
    """Score every different answer of finished runs once; each score is on disk as it is made.

    Whatever the scorer raises is a FoundryExpError here, so that one of the user's own ends nothing but itself.
    """
    added: dict[Path, list[Score]] = {run.cell.folder: [] for run in runs}
    standing: dict[str, Standing | None] = {}
    trouble: FoundryExpError | None = None
    is_complete = False
    try:
        with _told(list(added)):
            try:
                for answer, made in scorer.score([answer for run in runs for answer in different_answers(run)]):
                    added[answer.folder].append(run_folder.append_score(answer.folder, made))
                is_complete = True
            finally:
                standing = {name: scorer.standing()}
    except FoundryExpError as error:
        trouble = error
    finally:  # where a scorer that failed gave no score, the ones before stand as they stood
        scored = [
            summarised(
                run, standing if is_complete or added[run.cell.folder] else {}, _given(run, added, waits=scorer.waits)
            )
            for run in runs
        ]
    return Scoring(tuple(scored), trouble)


def _given(run: CellWithRecords, added: Mapping[Path, Sequence[Score]], *, waits: bool) -> Sequence[Score]:
    """Every score that a run has now: people may have scored too while a model did."""
    folder = run.cell.folder
    return run_folder.read_scores(folder) if waits else (*run.given, *added[folder])


@contextmanager
def _told(folders: Sequence[Path]) -> Iterator[None]:
    """Make any exception within a sentence; its traceback is kept in the first run's log."""
    try:
        yield
    except FoundryExpError:
        raise
    except Exception as error:
        kept = f"; the traceback is in {log}" if (log := _kept(folders)) else ""
        msg = f"{type(error).__name__}: {' '.join(str(error).split())}{kept}."
        raise BackendError("scorer", msg) from error


def _kept(folders: Sequence[Path]) -> Path | None:
    """The log that the exception at hand was added to; null where it cannot be."""
    if not folders:
        return None
    log = folders[0] / run_folder.RUNTIME_LOG
    try:
        with log.open("a", encoding="utf-8") as file:
            file.write(without_secrets(traceback.format_exc()))
    except OSError:
        return None
    return log


def by_scorer(runs: Iterable[tuple[Path, Mapping[str, Spec]]]) -> list[tuple[str, Spec, list[Path]]]:
    """Each scorer of some runs with those that share it: what loads a model does so once for all of them."""
    shared: dict[str, tuple[str, Spec, list[Path]]] = {}
    for folder, scorers in runs:
        for name, spec in scorers.items():
            shared.setdefault(digest_of([name, spec]), (name, spec, []))[2].append(folder)
    return list(shared.values())


def different_answers(run: CellWithRecords) -> list[Answer]:
    """The measured answers of a run; rounds that answered alike count once."""
    if not run.cell.samples:
        raise StoreError(run_folder.WITHOUT_PROMPTS.format(folder=run.cell.folder))
    samples = {sample.sample_id: sample for sample in run.cell.samples}
    different = {
        (record.sample_id, record.output_hash): Answer(
            run.cell.folder, samples[record.sample_id], record, run.cell.samples, run.given
        )
        for record in reversed(run.records)
        if record.phase == "measure" and record.error is None and record.sample_id in samples
    }
    return list(reversed(different.values()))


def summarised(
    run: CellWithRecords, standings: Mapping[str, Standing | None], given: Sequence[Score] | None = None
) -> CellWithRecords:
    """Write what the scores came to into run.json: those that the run has, or those that are given."""
    result, given = run.cell.result, run.given if given is None else given
    before = {name: scored.standing for name, scored in result.scores.items()}
    points = quality.quality(run.records, given, before | dict(standings))
    measured = {name: value for name, value in result.metrics.items() if not name.startswith("quality")}
    reasons = {name: why for name, why in result.missing.items() if not name.startswith("quality")}
    result = replace(
        result,
        scores=points.scores,
        quality_source=points.source,
        metrics=measured | points.metrics,
        missing=reasons | points.missing,
        warnings=quality.warned(result, points.scores),
    )
    result = run_folder.write_result(run.cell.folder, result)
    return CellWithRecords(with_scores(run.cell, result, given), run.records, tuple(given))
