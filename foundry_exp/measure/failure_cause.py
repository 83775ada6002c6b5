"""How a process that held a model died, and what to try."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from foundry_exp.measure.cell import Cell
from foundry_exp.measure.outcome import Outcome
from foundry_exp.records import run_folder
from foundry_exp.runtime.models import fit, folder, request
from foundry_exp.runtime.models.provision import Provided

OUT_OF_MEMORY = "out_of_memory"
KILLED = 9
_SAYS_MEMORY = re.compile(
    r"(?<!may be )out of memory|bad[_ ]alloc|failed to allocate memory|not enough memory|MemoryError", re.IGNORECASE
)
_KERNEL_COUNTERS = Path("/proc/vmstat")


def cause(code: int, cell: Cell, provided: Provided | None = None) -> str:
    """What an exit code means, and what to try; `provided` is the variant of a catalogue that was held."""
    aborted, segfault = 6, 11
    signal_number = _signal(code)
    if os.name == "posix" and signal_number == KILLED:
        return f"killed by signal 9, most likely for want of memory: close other programs{_smaller(cell, provided)}"
    if os.name == "posix" and signal_number in (aborted, segfault):
        return f"native crash, signal {signal_number}: see {run_folder.RUNTIME_LOG}, and try another variant"
    return f"exit code {code}: see {run_folder.RUNTIME_LOG}"


def explained(step: Mapping[str, Any], cell: Cell, provided: Provided | None) -> str:
    """What a child said of its end, with the cause where a server that it had started for the model died."""
    message = str(step["message"])
    code = step.get("exit_code")
    return message if code is None else f"{message} ({cause(code, cell, provided)})."


def was_for_memory(outcome: Outcome, kills_before: int | None) -> bool:
    """Whether a cell failed for want of memory: it said so, or the kernel killed a process for it meanwhile."""
    if outcome.ending != "failed":
        return False
    if outcome.error_class == OUT_OF_MEMORY or _SAYS_MEMORY.search(outcome.reason or ""):
        return True
    was_killed = outcome.exit_code is not None and _signal(outcome.exit_code) == KILLED
    return was_killed and (kills_before is None or kills_before != kills_for_memory())


def kills_for_memory() -> int | None:
    """Processes that Linux has killed for want of memory since it started; null where no one counts."""
    try:
        counters = dict(line.split() for line in _KERNEL_COUNTERS.read_text(encoding="ascii").splitlines())
        return int(counters["oom_kill"])
    except (OSError, ValueError, KeyError):
        return None


def _signal(code: int) -> int | None:
    """The signal that an exit code stands for, by subprocess's rule or the shell's."""
    if code < 0:
        return -code
    return code - 128 if code > 128 else None  # noqa: PLR2004 — the shell's own rule


def _smaller(cell: Cell, provided: Provided | None) -> str:
    path = provided.path if provided else cell.model_path
    size_mb = folder.size_mb(path) if path else cell.config.model.size_mb
    return fit.offer(size_mb, request.option_sizes_mb(), provided.visible if provided else fit.NOTHING_VISIBLE)
