"""Have `foundry_exp.doctor.probe` look at something in a process of its own, with a hard time limit.

The runtime can hang in native code, where nothing gentler than the end of its process helps.
"""

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from typing import Any

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
    with tempfile.TemporaryFile() as errors, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as log_dir:
        process = subprocess.Popen(
            [sys.executable, "-m", "foundry_exp.doctor.probe"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
        timed_out = False
        try:
            out, _ = process.communicate(json.dumps({**job, "log_dir": log_dir}).encode() + b"\n", timeout=limit_s)
        except subprocess.TimeoutExpired:
            timed_out = True
            process.kill()
            out, _ = process.communicate()
        finally:
            process.kill()
            process.wait()
        errors.seek(0)
        log = errors.read().decode("utf-8", "replace")
    steps = _steps(out)
    return Told(steps, _problem(steps, limit_s if timed_out else None, process.returncode, log), log)


def _problem(steps: dict[str, dict[str, Any]], waited_s: float | None, code: int, log: str) -> str | None:
    if "done" in steps:
        return None
    if "failed" in steps:
        return str(steps["failed"]["message"])
    if waited_s is not None:
        return f"no answer within {waited_s:g} s"
    return f"its process ended with code {code}: {' '.join(log.split())[-_SHOWN:] or 'it said nothing'}"


def _steps(out: bytes) -> dict[str, dict[str, Any]]:
    """Each step with its facts; a line cut off by the process's end is left out."""
    steps = {}
    for line in out.splitlines():
        try:
            said = json.loads(line)
        except ValueError:
            continue
        steps[said.pop("step")] = said
    return steps
