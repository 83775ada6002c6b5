"""The parent's side of a cell's process: its model is provided, it is started, watched, and ended for certain."""

import json
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import psutil

from foundry_exp.errors import BackendError, SkipCellError
from foundry_exp.measure import attempts, failure_cause, memory_fit
from foundry_exp.measure.attempts import Attempt
from foundry_exp.measure.cell import Cell
from foundry_exp.measure.outcome import Outcome
from foundry_exp.measure.watcher import Watcher
from foundry_exp.records import record_json, run_folder
from foundry_exp.records.config_json import plain
from foundry_exp.runtime.models import provision, request, runtime
from foundry_exp.runtime.models.identity import FilesWatch
from foundry_exp.runtime.worker import OnStep, Worker

CHILD_FILE = ".child"
_PATIENCE_S = 5.0
"""A child ends when its parent's pipe closes; longer than this, native code keeps it."""
_SAME_START_S = 5.0
"""A correction of the clock moves the start times of all processes."""


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
    backend = cell.config.backend
    if cell.model_path is not None or not backend.keeps_models:
        return None
    place = provision.Place.named_by(backend, offline=cell.config.offline)
    return provision.provide(
        place,
        cell.model_request(Path()),
        cell.config.provision,
        on_step,
        lambda resolved: memory_fit.check_stated(cell, resolved),
    )


def _measure(cell: Cell, attempt: Attempt, on_step: OnStep, provided: provision.Provided | None) -> Outcome:
    log_dir = cell.folder / ".runtime"
    log_dir.mkdir(exist_ok=True)
    kills_before = failure_cause.kills_for_memory()
    log = cell.folder / run_folder.RUNTIME_LOG
    backend = cell.config.backend
    given = provided.path if provided else backend.weights or cell.model_path
    files = FilesWatch(given, attempts.that_measured(cell.folder), keeps_models=backend.keeps_models)
    process = Worker.start("foundry_exp.measure", _job(cell, attempt, log_dir, provided), log=log)
    _note(cell.folder, process.pid)
    try:
        outcome = Watcher(process, cell, on_step, attempt.facts, provided, files).watch()
        return replace(outcome, out_of_memory=failure_cause.was_for_memory(outcome, kills_before))
    finally:
        process.end()
        (cell.folder / CHILD_FILE).unlink(missing_ok=True)
        _keep_log(log_dir, log)


def _job(cell: Cell, attempt: Attempt, log_dir: Path, provided: provision.Provided | None) -> dict[str, Any]:
    model = cell.model_request(log_dir.absolute())
    files = provided.path if provided else model.path
    if provided is not None:
        model = replace(model, variant=provided.id, path=provided.path if provided.local else None)
    return {
        "config": plain(cell.config),
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


def _note(folder: Path, pid: int) -> None:
    """Write down which process works on a cell; its start time tells it from a later one of the same number."""
    with suppress(psutil.Error, OSError):
        started_s = psutil.Process(pid).create_time()
        (folder / CHILD_FILE).write_text(json.dumps({"pid": pid, "started_s": started_s}), encoding="utf-8")


def end_orphan(folder: Path) -> None:
    """End a cell's process that outlives the one that watched it: two must not write into one folder."""
    process = _left_over(folder / CHILD_FILE)
    if process is None:
        return
    _, alive = psutil.wait_procs([process], timeout=_PATIENCE_S)
    for one in alive:
        with suppress(psutil.NoSuchProcess):  # it has just ended
            one.kill()
    psutil.wait_procs(alive)


def _left_over(file: Path) -> psutil.Process | None:
    try:
        noted = json.loads(file.read_text(encoding="utf-8"))
        process = psutil.Process(noted["pid"])
        return process if abs(process.create_time() - noted["started_s"]) < _SAME_START_S else None
    except (OSError, ValueError, KeyError, TypeError, psutil.Error):
        return None
