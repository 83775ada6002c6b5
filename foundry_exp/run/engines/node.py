"""What runs on a node of a cluster: one cell, as if the command had been typed there.

Ray starts its workers at niceness 15 and tells them to use one OpenMP thread; a model must not inherit either.
"""

import _thread
import os
import platform
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

import psutil

from foundry_exp.errors import ConfigError, StoreError
from foundry_exp.files import shipped_files
from foundry_exp.measure.attempts import Attempt
from foundry_exp.measure.cell import Cell
from foundry_exp.measure.outcome import Outcome
from foundry_exp.records.fingerprint import SDK
from foundry_exp.run.engines import local
from foundry_exp.run.engines.mailbox import Outbox, tries_before
from foundry_exp.run.engines.parcel import Delivery, Order, pack, unpack
from foundry_exp.runtime.machine.environment import installed

_LAST_REQUEST_S = 60.0
"""What the request under way is given to end when a cell's time is up."""


def run(order: Order) -> Delivery:
    """Measure the ordered cell in a folder of this node's, and send the folder back."""
    attempt = replace(order.attempt, number=order.attempt.number + tries_before())
    outbox = Outbox(order.mailbox, attempt.number)
    outbox.put({"step": "placed", "attempt": attempt.number, "host": platform.node()})
    place = Path(tempfile.mkdtemp(prefix="foundry_exp-"))
    outcome, folder_of_cell = _measured(order, attempt, outbox, place)
    try:
        files = pack(folder_of_cell, order.folder_limit_mb)
    except StoreError as error:
        failed = replace(outcome, ending="failed", reason=f"{error} It stays on {platform.node()}.")
        return Delivery(failed, {})
    shutil.rmtree(place, ignore_errors=True)
    return Delivery(outcome, files)


def _node_id() -> str:
    import ray

    return str(ray.get_runtime_context().get_node_id())


def _measured(order: Order, attempt: Attempt, outbox: Outbox, place: Path) -> tuple[Outcome, Path]:
    cell = replace(order.cell, config=replace(order.cell.config, output_dir=str(place)))
    unpack(order.files, cell.folder)
    outcome = _refused(order.sdk_version)
    if outcome is None:
        try:
            cell = replace(cell, model_path=_model_path(cell))
            outcome = _within_limit(cell, attempt, outbox, order)
        except ConfigError as error:
            outcome = Outcome(reason=f"on {platform.node()}: {error}")
    outbox.send()
    return outcome, cell.folder


def _refused(wanted: str | None) -> Outcome | None:
    """A failure when this node's runtime is not the one that the cell's fingerprint names."""
    got = installed(SDK)
    if got == wanted:
        return None
    here, there = f"{platform.node()} has {SDK} {got or 'none'}", f"the command's machine has {wanted or 'none'}"
    reason = f"{here}, {there}; install the same on both."
    return Outcome(reason=reason)


def _model_path(cell: Cell) -> Path | None:
    """The model's folder on this node, by the path that the config gives."""
    path = cell.config.model.path
    return shipped_files.locate(path, "model.path").resolve() if path else None


def _within_limit(cell: Cell, attempt: Attempt, outbox: Outbox, order: Order) -> Outcome:
    warnings = _like_any_process()
    with _time_limit(order.cell_timeout_s) as is_up:
        outcome = local.measure(cell, attempt, outbox.put, {**order.source, "node_id": _node_id()})
    if outcome.ending == "interrupted" and is_up.is_set():
        reason = (
            f"not done within engine.cell_timeout_s={order.cell_timeout_s:g} on {platform.node()}; "
            "raise it, or measure less. What was measured is kept."
        )
        outcome = replace(outcome, ending="failed", reason=reason)
    return replace(outcome, warnings=(*outcome.warnings, *warnings))


def _like_any_process() -> list[str]:
    """Undo what Ray gives its workers and a model would inherit; a sentence about what cannot be undone."""
    if "OMP_NUM_THREADS" not in psutil.Process().environ():  # as it was when the worker started
        os.environ.pop("OMP_NUM_THREADS", None)
    if sys.platform == "win32":
        return []
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, 0)
    niceness = os.getpriority(os.PRIO_PROCESS, 0)
    if niceness <= 0:
        return []
    return [
        f"measured at niceness {niceness}, so any other program of the node came first: "
        "start the node with RAY_worker_niceness=0."
    ]


@contextmanager
def _time_limit(limit_s: float) -> Iterator[threading.Event]:
    """Interrupt what runs when its time is up, as Ctrl-C would: first gently, then at once."""
    is_up = threading.Event()

    def interrupt() -> None:
        is_up.set()
        _thread.interrupt_main()

    timers = [threading.Timer(delay_s, interrupt) for delay_s in (limit_s, limit_s + _LAST_REQUEST_S)]
    before = signal.getsignal(signal.SIGINT)
    for timer in timers:
        timer.daemon = True
        timer.start()
    try:
        yield is_up
        signal.signal(signal.SIGINT, _too_late)
    finally:
        for timer in timers:
            timer.cancel()
            timer.join()
        signal.signal(signal.SIGINT, before)


def _too_late(_signal: int, _frame: FrameType | None) -> Any:
    """The cell has ended: what it left is sent, whoever interrupts."""
