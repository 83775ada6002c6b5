"""Have `foundry_exp.cli.doctor.probe` look at something in a process of its own, with a hard time limit.

The runtime can hang in native code, where nothing gentler than the end of its process helps.
"""

import json
import tempfile
import time
from dataclasses import dataclass, field
from typing import Any

from foundry_exp.runtime.worker import ModuleProcess, Step

_MODULE = "foundry_exp.cli.doctor.probe"
_END_S = 5.0
"""For a process that has closed its output to be gone."""
_SHOWN = 300


@dataclass(frozen=True, slots=True)
class Told:
    """What the process said, step by step, until it ended or was ended."""

    steps: dict[str, dict[str, Any]] = field(default_factory=dict)
    problem: str | None = None
    """Why it did not come to its end; null when it did."""
    log: str = ""
    """What it and the runtime's own code wrote to stderr."""


def ask(job: dict[str, Any], limit_s: float) -> Told:
    """Run one job in a process of its own; never raises for what becomes of it."""
    deadline_s = time.monotonic() + limit_s
    steps: dict[str, Step] = {}
    with tempfile.TemporaryFile() as errors, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as log_dir:
        process = ModuleProcess(_MODULE, errors)
        process.send(json.dumps({**job, "log_dir": log_dir}))
        timed_out = False
        try:
            while (step := process.next_step(deadline_s - time.monotonic())) is not None:
                steps[step.pop("step")] = step
        except TimeoutError:
            timed_out = True
        finally:
            code = process.wait(0.0 if timed_out else _END_S)
            process.end()
        errors.seek(0)
        log = errors.read().decode("utf-8", "replace")
    return Told(steps, _problem(steps, limit_s if timed_out else None, code, log), log)


def _problem(steps: dict[str, Step], waited_s: float | None, code: int | None, log: str) -> str | None:
    if "done" in steps:
        return None
    if "failed" in steps:
        return str(steps["failed"]["message"])
    if waited_s is not None:
        return f"no answer within {waited_s:g} s"
    return f"its process ended with code {code}: {' '.join(log.split())[-_SHOWN:] or 'it said nothing'}"
