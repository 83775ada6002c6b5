"""Which run folders a name stands for."""

import os
from pathlib import Path

from foundry_exp.errors import StoreError, meant
from foundry_exp.records import sweep_plan
from foundry_exp.records.run_folder import CONFIG_FILE, RESULT_FILE


def find_run(name: str, output_dir: Path) -> Path:
    """The folder that a user means by a path, a run or sweep id, or `last`."""
    runs = output_dir / "runs"
    if name == "last":
        known = [path for path in runs.glob("*") if path.is_dir()]
        if not known:
            msg = f"{runs}: no run yet; make one with: python -m foundry_exp"
            raise StoreError(msg)
        return max(known, key=lambda path: (_begun_ns(path), path.name))
    for folder in (Path(name), runs / name):
        if os.path.isdir(folder):  # noqa: PTH112 — Path's own raises for a name longer than a file system takes
            return folder
    ids = ["last", *(path.name for path in runs.glob("*"))]
    msg = f"{name}: no such run{meant(name, ids)}; give a run folder, an id under {runs}, or `last`."
    raise StoreError(msg)


def _begun_ns(folder: Path) -> int:
    """When the last cell in the folder was begun: a sweep's name need not be a time, and reports come later."""
    begun = [file.stat().st_mtime_ns for file in folder.glob(f"*/{CONFIG_FILE}")]
    return max(begun, default=folder.stat().st_mtime_ns)


def finished_cells(folder: Path) -> list[Path]:
    """The finished run folders of a run or sweep, in the order of its plan, else by name; or the folder itself."""
    if (folder / RESULT_FILE).exists():
        return [folder]
    return sweep_plan.in_order(folder, [path.parent for path in folder.glob(f"*/{RESULT_FILE}")])
