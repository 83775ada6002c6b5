"""How a process that held a model died, and what to try."""

import os

from foundry_exp import store
from foundry_exp.models import fit, folder, options
from foundry_exp.plan import Cell


def cause(code: int, cell: Cell) -> str:
    """What an exit code means, and what to try."""
    killed, aborted, segfault = 9, 6, 11
    signal_number = -code if code < 0 else code - 128 if code > 128 else None  # noqa: PLR2004 — the shell's own rule
    if os.name == "posix" and signal_number == killed:
        return f"killed by signal 9, most likely for want of memory: close other programs{_smaller(cell)}"
    if os.name == "posix" and signal_number in (aborted, segfault):
        return f"native crash, signal {signal_number}: see {store.RUNTIME_LOG}, and try another variant"
    return f"exit code {code}: see {store.RUNTIME_LOG}"


def _smaller(cell: Cell) -> str:
    size_mb = folder.size_mb(cell.model_path) if cell.model_path else cell.config["model"]["size_mb"]
    return fit.offer(size_mb, options.sizes_mb())
