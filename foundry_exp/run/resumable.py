"""How far the sweeps of an output folder are, and which of them can be gone on with."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from foundry_exp.errors import ConfigError, StoreError
from foundry_exp.records import run_folder, sweep_plan
from foundry_exp.records.sweep_plan import PLAN_FILE, Plan
from foundry_exp.run import resume


def refuse_nameless(runs: Path) -> None:
    """Raise ConfigError listing what could be resumed."""
    lines = list(_unfinished(runs))
    rest = f"unfinished in {runs}:\n" + "\n".join(lines) if lines else f"none in {runs} is unfinished."
    msg = f"sweep.resume: which sweep is not said, got sweep.name=null; add sweep.name=…; {rest}"
    raise ConfigError(msg)


def _unfinished(runs: Path) -> Iterator[str]:
    for path in sorted(runs.glob(f"*/{PLAN_FILE}")):
        try:
            plan = sweep_plan.read(path.parent)
            if plan and (left := len(plan.cells) - _done(path.parent, plan)):
                yield f"  {of(path.parent, plan)}, {left} left:\n    {plan.resume_command}"
        except StoreError as error:  # one broken folder hides no other
            yield f"  {error}"


def of(folder: Path, plan: Plan) -> str:
    """How far a sweep is, and when something last happened in it."""
    last = datetime.fromtimestamp(_last_change_s(folder, plan), UTC)
    done = f"{_done(folder, plan)} of {len(plan.cells)} cells done"
    return f"{plan.name}: {done}, last active {last:%Y-%m-%d %H:%M} UTC"


def _done(folder: Path, plan: Plan) -> int:
    """Cells that a resumed sweep would not measure again."""
    return sum(resume.state(folder / cell.name) in ("finished", "failed") for cell in plan.cells)


def _last_change_s(folder: Path, plan: Plan) -> float:
    files = [folder / PLAN_FILE, *_written(folder, [cell.name for cell in plan.cells])]
    return max(path.stat().st_mtime for path in files)


def _written(folder: Path, names: Sequence[str]) -> Iterable[Path]:
    candidates = (folder / name / file for name in names for file in (run_folder.RECORDS_FILE, run_folder.RESULT_FILE))
    return (path for path in candidates if path.exists())
