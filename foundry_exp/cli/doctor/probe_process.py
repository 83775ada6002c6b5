"""Have `foundry_exp.cli.doctor.probe` look at something in a process of its own, with a hard time limit.

The runtime can hang in native code, where nothing gentler than the end of its process helps.
"""

import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from foundry_exp.runtime.worker import Step, Worker
from foundry_exp.runtime.worker_side import DONE, ERROR

_MODULE = "foundry_exp.cli.doctor.probe"
_END_S = 5.0
"""For a process that has closed its output to be gone."""
_SHOWN = 300


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What the process said, step by step, until it ended or was ended."""

    steps: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    problem: str | None = None
    """Why it did not come to its end; null when it did."""
    log: str = ""
    """What it and the runtime's own code wrote to stderr."""


def ask(job: dict[str, Any], limit_s: float) -> ProbeResult:
    """Run one job in a process of its own; never raises for what becomes of it."""
    deadline_s = time.monotonic() + limit_s
    steps: dict[str, Step] = {}
    timed_out = False
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        errors = Path(folder) / "errors.log"
        with Worker.start(_MODULE, {**job, "log_dir": folder}, log=errors) as worker:
            try:
                while (step := worker.next_step(deadline_s - time.monotonic())) is not None:
                    steps[step.pop("step")] = step
            except TimeoutError:
                timed_out = True
            code = worker.wait(0.0 if timed_out else _END_S)
        log = errors.read_text(encoding="utf-8", errors="replace")
    return ProbeResult(steps, _problem(steps, limit_s if timed_out else None, code, log), log)


def _problem(steps: dict[str, Step], waited_s: float | None, code: int | None, log: str) -> str | None:
    if DONE in steps:
        return None
    if ERROR in steps:
        return str(steps[ERROR]["message"])
    if waited_s is not None:
        return f"no answer within {waited_s:g} s"
    return f"its process ended with code {code}: {' '.join(log.split())[-_SHOWN:] or 'it said nothing'}"
