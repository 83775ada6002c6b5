"""The score stage: answers that lie in run folders get points, and each folder's run.json is brought up to date."""

import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from foundry_exp.errors import BackendError, FoundryExpError
from foundry_exp.files.digest import digest_of
from foundry_exp.metrics import quality
from foundry_exp.protocols import Answer, Scorer
from foundry_exp.records import run_folder
from foundry_exp.records.run_result import RunResult
from foundry_exp.records.score import Standing
from foundry_exp.redact import without_secrets

Spec = dict[str, Any]
"""A scorer's section of a config."""


def score(folders: Sequence[Path], name: str, scorer: Scorer) -> list[RunResult]:
    """Score every different answer of finished runs once; each score is on disk as it is made.

    Whatever the scorer raises is a FoundryExpError here, so that one of the user's own ends nothing but itself.
    """
    answers = [answer for folder in folders for answer in different_answers(folder)]
    scored: set[Path] = set()
    standing: dict[str, Standing | None] = {}
    try:
        with _told(folders):
            try:
                for answer, made in scorer.score(answers):
                    run_folder.append_score(answer.folder, made)
                    scored.add(answer.folder)
                scored = set(folders)
            finally:
                standing = {name: scorer.standing()}
    finally:  # where a scorer that failed gave no score, the ones before stand as they stood
        results = [summarised(folder, standing if folder in scored else {}) for folder in folders]
    return results


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
    found: dict[str, tuple[str, Spec, list[Path]]] = {}
    for folder, scorers in runs:
        for name, spec in scorers.items():
            found.setdefault(digest_of([name, spec]), (name, spec, []))[2].append(folder)
    return list(found.values())


def different_answers(folder: Path) -> list[Answer]:
    """The measured answers of a run; rounds that answered alike count once."""
    samples = {sample.sample_id: sample for sample in run_folder.read_samples(folder)}
    found = {
        (record.sample_id, record.output_hash): Answer(folder, samples[record.sample_id], record)
        for record in reversed(run_folder.read_records(folder))
        if record.phase == "measure" and record.error is None and record.sample_id in samples
    }
    return list(reversed(found.values()))


def summarised(folder: Path, standings: dict[str, Standing | None]) -> RunResult:
    """Write what the scores came to into run.json."""
    result = run_folder.read_result(folder)
    known = {name: scored.standing for name, scored in result.scores.items()}
    found = quality.quality(run_folder.read_records(folder), run_folder.read_scores(folder), known | standings)
    measured = {name: value for name, value in result.metrics.items() if not name.startswith("quality")}
    reasons = {name: why for name, why in result.missing.items() if not name.startswith("quality")}
    result = replace(
        result,
        scores=found.scores,
        quality_source=found.source,
        metrics=measured | found.metrics,
        missing=reasons | found.missing,
        warnings=quality.warned(result, found.scores),
    )
    run_folder.write_result(folder, result)
    return result
