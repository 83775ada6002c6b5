"""What folders say: of a cell whether it is new, begun, finished or failed, of a sweep how far it is; and going on.

Nothing here starts a runtime, so that a finished cell costs a look at its run.json.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from foundry_exp.errors import ConfigError, StoreError
from foundry_exp.files import disk
from foundry_exp.files.escape import first_few
from foundry_exp.measure import attempts, child
from foundry_exp.measure.attempts import Attempt
from foundry_exp.measure.cell import Cell
from foundry_exp.measure.outcome import Outcome
from foundry_exp.records import record_log, run_folder, sweep_plan
from foundry_exp.records.fingerprint import SDK
from foundry_exp.records.run_result import FAILED
from foundry_exp.records.sweep_plan import PLAN_FILE, Plan
from foundry_exp.runtime.machine import environment
from foundry_exp.runtime.models import identity

State = Literal["new", "begun", "finished", "failed"]
RETRIED = ".retried"
"""Where a failed cell's folder goes, in its sweep's, before the cell is measured again."""

_NAMED = 5


@dataclass(frozen=True, slots=True)
class Ended:
    """How a cell ended, as its run.json says, without reading all of it as a summary."""

    status: str
    skip_rule: str | None
    out_of_memory: bool

    @property
    def is_left(self) -> bool:
        """Whether a command may still go on with it: a rule of the sweep skipped it, or a person stopped it."""
        return self.status == "interrupted" or bool(self.skip_rule)


def read_end(folder: Path) -> Ended | None:
    """How a cell ended; null when it has no run.json."""
    path = folder / run_folder.RESULT_FILE
    try:
        content = json.loads(path.read_bytes())
        run_folder.RUN_FORMAT.refuse_newer(content, path)
        status, _ = content["status"], content["fingerprint"]  # what lacks one of them is no summary
        return Ended(status, content.get("skip_rule"), bool(content.get("out_of_memory")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        msg = f"{path}: not a run summary ({error!r}); remove it to go on from the cell's records."
        raise StoreError(msg) from error


def state(folder: Path) -> State:
    """How far a cell is."""
    ended = read_end(folder)
    if ended is None:
        return "begun" if folder.is_dir() else "new"
    if ended.is_left:
        return "begun"
    return "failed" if ended.status in FAILED else "finished"


def is_due(cell: Cell) -> bool:
    """Whether a cell is still to be measured."""
    now = state(cell.folder)
    return now in ("new", "begun") or (now == "failed" and cell.config.sweep.retry_failed)


def begin(cell: Cell) -> Attempt:
    """Make the folder of a new cell, or open that of a begun one where its records end."""
    folder = cell.folder
    try:
        if state(folder) == "failed":
            _put_aside(folder)
        folder.mkdir(parents=True, exist_ok=cell.config.sweep.resume)
        disk.sync_folder(folder.parent)
        child.end_orphan(folder)
        attempts.end_killed(folder)
        (folder / run_folder.RESULT_FILE).unlink(missing_ok=True)
        disk.cut_torn_line(folder / record_log.RECORDS_FILE)
    except FileExistsError as error:
        msg = f"{folder}: exists already; go on with it by sweep.resume=true, or start again for a new one."
        raise StoreError(msg) from error
    except OSError as error:
        msg = f"{folder}: cannot be made ({error.strerror}); free some disk space, or set output_dir."
        raise StoreError(msg) from error
    return attempts.following(folder)


def from_records(cell: Cell, attempt: Attempt) -> Outcome | None:
    """How a cell ended whose requests were all made before a kill; null when some are still to be made."""
    planned = cell.config.workload.rounds * len(cell.prompts.samples)
    earlier = attempts.read(cell.folder)
    if len(attempt.done) < planned or not earlier:
        return None
    last = earlier[-1]
    files, changed = identity.identified(last.files) if last.files else (None, None)
    return Outcome(
        ending="failed" if changed else "done",
        reason=changed,
        files=files,
        load_s=last.load_s,
        facts=last.facts,
        rss_baseline_mb=last.rss_baseline_mb,
        rss_loaded_mb=last.rss_loaded_mb,
        rss_peak_mb=last.rss_peak_mb,
        unseen="the process that watched was killed before it could say",
    )


def _put_aside(folder: Path) -> None:
    """Keep what a failed cell measured, out of the way of reports."""
    retried = folder.parent / RETRIED
    retried.mkdir(exist_ok=True)
    before = [path.suffix[1:] for path in retried.iterdir() if path.stem == folder.name]
    number = 1 + max((int(suffix) for suffix in before if suffix.isdecimal()), default=0)  # a person may remove some
    folder.rename(retried / f"{folder.name}.{number}")
    disk.sync_folder(folder.parent)


def refuse_changed(cell: Cell, planned: str | None) -> None:
    """Raise ConfigError when a cell that has begun was measured with other settings: one folder must not hold both.

    What its own files say counts. The plan's fingerprint spares reading them where it is the cell's.
    """
    if planned == cell.fingerprint or state(cell.folder) == "new":
        return
    changed = _changes(cell)
    if changed:
        msg = (
            f"sweep.name: {cell.sweep_id}: its cell {cell.name} was measured with other settings "
            f"({first_few(changed, _NAMED)}); give the settings back, or choose another name."
        )
        raise ConfigError(msg)


def refuse_other_model(cell: Cell) -> None:
    """Raise ConfigError when what a begun cell was answered from is not there any more as it was."""
    earlier = attempts.that_measured(cell.folder) if state(cell.folder) == "begun" else ()
    for files in (one.files for one in earlier if one.files):
        if reason := identity.not_of_earlier(earlier, identity.seen(Path(files.path))):
            msg = f"sweep.name: {cell.sweep_id}: its cell {cell.name}: {reason}"
            raise ConfigError(msg)


def _changes(cell: Cell) -> list[str]:
    """What a timing depends on and is not as it was: `key: before → now`."""
    now = cell.measurement
    packages = environment.read(cell.folder).get("packages") or {SDK: now.sdk}  # none: no model was loaded yet
    try:
        before = run_folder.measurement(cell.folder, packages)
    except StoreError:
        has_measured = any((cell.folder / name).exists() for name in (record_log.RECORDS_FILE, run_folder.RESULT_FILE))
        unread = f"its {run_folder.CONFIG_FILE} or {run_folder.PROMPTS_FILE} cannot be read"
        return [unread] if has_measured else []
    return list(before.changes(now))


def refuse_nameless(runs: Path) -> None:
    """Raise ConfigError listing what could be resumed."""
    lines = list(_unfinished_sweeps(runs))
    rest = f"unfinished in {runs}:\n" + "\n".join(lines) if lines else f"none in {runs} is unfinished."
    msg = f"sweep.resume: which sweep is not said, got sweep.name=null; add sweep.name=…; {rest}"
    raise ConfigError(msg)


def _unfinished_sweeps(runs: Path) -> Iterator[str]:
    for path in sorted(runs.glob(f"*/{PLAN_FILE}")):
        try:
            plan = sweep_plan.read(path.parent)
            if plan and (left := len(plan.cells) - _done(path.parent, plan)):
                yield f"  {how_far(path.parent, plan)}, {left} left:\n    {plan.resume_command}"
        except StoreError as error:  # one broken folder hides no other
            yield f"  {error}"


def how_far(folder: Path, plan: Plan) -> str:
    """`night: 1 of 2 cells done, last active …`: how far a sweep is, and when something last happened in it."""
    last = datetime.fromtimestamp(_last_change_s(folder, plan), UTC)
    done = f"{_done(folder, plan)} of {len(plan.cells)} cells done"
    return f"{plan.name}: {done}, last active {last:%Y-%m-%d %H:%M} UTC"


def _done(folder: Path, plan: Plan) -> int:
    """Cells that a resumed sweep would not measure again."""
    return sum(state(folder / cell.name) in ("finished", "failed") for cell in plan.cells)


def _last_change_s(folder: Path, plan: Plan) -> float:
    written = (record_log.RECORDS_FILE, run_folder.RESULT_FILE)
    files = [folder / PLAN_FILE, *(folder / cell.name / name for cell in plan.cells for name in written)]
    return max(path.stat().st_mtime for path in files if path.exists())
