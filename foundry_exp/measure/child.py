"""The parent's side of a cell's process: its model is provided, it is started, watched, and ended for certain."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from foundry_exp.errors import BackendError, SkipCellError
from foundry_exp.measure import failure_cause, memory_fit, orphans
from foundry_exp.measure.attempts import Attempt
from foundry_exp.measure.cell import Cell
from foundry_exp.measure.outcome import Outcome
from foundry_exp.measure.watcher import Watcher
from foundry_exp.records import record_json, run_folder
from foundry_exp.runtime.models import provision, request, runtime
from foundry_exp.runtime.worker import OnStep, Worker


def measure(cell: Cell, attempt: Attempt, on_step: OnStep) -> Outcome:
    """Run one cell in a fresh process and return how it went; never raises for what the child does."""
    try:
        provided = _provided(cell, on_step)
    except SkipCellError as error:
        return Outcome(ending="skipped", reason=str(error))
    except BackendError as error:
        return Outcome(reason=str(error))
    except KeyboardInterrupt:
        return Outcome(ending="interrupted")
    outcome = _measure(cell, attempt, on_step, provided)
    if provided is None or provided.download_s is None or not outcome.facts:
        return outcome
    return replace(outcome, facts={**outcome.facts, "download_s": provided.download_s})


def _provided(cell: Cell, on_step: OnStep) -> provision.Provided | None:
    """The one variant meant, on this disk, fetched by a process of its own; null when there is none to fetch.

    It is done before the model's process starts, so that neither its time nor its memory holds any of it.
    """
    backend = cell.config["backend"]
    if cell.model_path is not None or "cache_dir" not in backend:
        return None
    place = provision.Place.of(backend, offline=cell.config["offline"])
    limits = provision.Limits(**cell.config["provision"])
    return provision.provide(
        place, cell.model_request(Path()), limits, on_step, lambda found: memory_fit.check_stated(cell, found)
    )


def _measure(cell: Cell, attempt: Attempt, on_step: OnStep, provided: provision.Provided | None) -> Outcome:
    log_dir = cell.folder / ".runtime"
    log_dir.mkdir(exist_ok=True)
    kills_before = failure_cause.kills_for_memory()
    log = cell.folder / run_folder.RUNTIME_LOG
    process = Worker.start("foundry_exp.measure", _job(cell, attempt, log_dir, provided), log=log)
    orphans.note(cell.folder, process.pid)
    try:
        outcome = Watcher(process, cell, on_step, attempt.facts, provided).watch()
        return replace(outcome, out_of_memory=failure_cause.was_for_memory(outcome, kills_before))
    finally:
        process.end()
        orphans.forget(cell.folder)
        _keep_log(log_dir, log)


def _job(cell: Cell, attempt: Attempt, log_dir: Path, provided: provision.Provided | None) -> dict[str, Any]:
    model = cell.model_request(log_dir.absolute())
    files = provided.path if provided else model.path
    if provided is not None:
        model = replace(model, variant=provided.id, path=provided.path if provided.local else None)
    return {
        "config": cell.config,
        "folder": str(cell.folder.absolute()),
        "attempt": attempt.number,
        "done": sorted(attempt.done),
        "owner": {"sweep": cell.sweep_id, "cell": cell.name},
        "files": str(files) if files else None,
        "visible": asdict(provided.visible) if provided else None,
        "samples": [record_json.plain(sample) for sample in cell.prompts.samples],
        "model": request.to_json(model),
    }


def _keep_log(log_dir: Path, kept: Path) -> None:
    """Add the runtime's log files to the cell's, unless the child's own stderr brought the same lines already."""
    files = sorted(log_dir.iterdir())
    if not runtime.providers(kept.read_bytes()):
        with kept.open("ab") as log:
            log.writelines(path.read_bytes() for path in files)
    for path in files:
        path.unlink(missing_ok=True)
    log_dir.rmdir()
