"""Ctrl-C under any Hydra launcher: jobs that run are ended by themselves, jobs that have not begun do not begin.

A launcher such as joblib runs jobs in processes of its own. A terminal's Ctrl-C reaches all of them at once, and
joblib kills the others as soon as one of them, or the command itself, raises KeyboardInterrupt.
"""

import functools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from foundry_exp.measure.interrupts import Interrupts

Config = TypeVar("Config")
COMMAND_PID = "FOUNDRY_EXP_COMMAND_PID"
_between_jobs = Interrupts()
"""Of this process: a signal's handler belongs to no one smaller."""


def in_worker() -> bool:
    """Whether this process is a launcher's, rather than that of the command."""
    return os.environ.get(COMMAND_PID, str(os.getpid())) != str(os.getpid())


@contextmanager
def launched() -> Iterator[Interrupts]:
    """Around Hydra's launch: how often a person asked to stop while no job ran in this process."""
    os.environ[COMMAND_PID] = str(os.getpid())
    _between_jobs.listen()
    try:
        yield _between_jobs
    finally:
        _between_jobs.forget()


def stoppable(job: Callable[[Config], None]) -> Callable[[Config], None]:
    """A job that Ctrl-C reaches while it runs, and that does not begin after one."""

    @functools.wraps(job)
    def run(config: Config) -> None:
        try:
            _refuse_after_ctrl_c()
            _between_jobs.forget()
            job(config)
        except KeyboardInterrupt:
            if not in_worker():
                raise
            _between_jobs.count += 1
        finally:
            _between_jobs.listen()

    return run


def _refuse_after_ctrl_c() -> None:
    if _between_jobs.count:
        raise KeyboardInterrupt
