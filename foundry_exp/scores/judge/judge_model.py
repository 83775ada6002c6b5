"""A judge in its seat: its model found or fetched, loaded in a process of its own, and known by its identity."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from foundry_exp.errors import BackendError, SkipCellError
from foundry_exp.protocols import ModelRequest
from foundry_exp.runtime.machine import device_lock
from foundry_exp.runtime.models import progress_bar, provision, request
from foundry_exp.scores.judge import chat_process
from foundry_exp.scores.judge.identity import Identity, identify
from foundry_exp.scores.judge.judge import Bench, Settings
from foundry_exp.scores.judge.progress import Shown


@dataclass(frozen=True, slots=True)
class Seat:
    """Which model is to judge, and how it is got."""

    model: dict[str, Any]
    backend: dict[str, Any]
    accel: dict[str, Any]
    load_timeout_s: float
    provision: dict[str, Any]
    offline: bool
    device_lock: dict[str, Any]
    log_dir: Path
    """Where its log stays when it fails."""

    @property
    def locked(self) -> dict[str, Any]:
        """What the device lock asks of a cell's config; the name in it is of the device that is measured."""
        return {"backend": self.backend, "accel": self.accel, "device_lock": {**self.device_lock, "device": None}}


@contextmanager
def seated(seat: Seat, settings: Settings, shown: Shown) -> Iterator[tuple[Bench, Identity]]:
    """The loaded judge, which is unloaded when the block ends; raises BackendError when it cannot be had.

    It holds its device as a measured cell does: judging beside another command's cell would spoil that one's times.
    """
    path = request.local_path(seat.model, "scorer.judge.model")
    alias = request.alias_of(seat.model, path)
    log = _new_log(seat.log_dir, alias)
    with tempfile.TemporaryDirectory(prefix="foundry-exp-judge-", ignore_cleanup_errors=True) as runtime_logs:
        try:
            logs = Path(runtime_logs)
            asked = _provided(seat, request.request(seat.model, seat.accel, path, logs, offline=seat.offline))
            lock = device_lock.held(seat.locked, {"judge": alias}, shown.waits)
            with lock, chat_process.chatting(seat.backend, asked, seat.load_timeout_s, log) as chat:
                yield Bench(chat, settings), identify(alias, chat.facts, seat.backend, settings)
        except SkipCellError as error:
            raise BackendError("skip", f"{alias}: {error}") from error
        except BackendError as error:
            raise BackendError(error.error_class, f"{alias}: {error}") from error
    log.unlink(missing_ok=True)


def _new_log(folder: Path, alias: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{alias}-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}.log"


def _provided(seat: Seat, model: ModelRequest) -> ModelRequest:
    """The one variant meant, on this disk, where the runtime is Foundry's own; fetched by a process of its own."""
    if model.path is not None or "cache_dir" not in seat.backend:
        return model
    place = provision.Place.of(seat.backend, offline=seat.offline)
    limits = provision.Limits(**seat.provision)
    with progress_bar.shown(model.alias) as show:
        provided = provision.provide(place, model, limits, show)
    return replace(model, variant=provided.id, path=provided.path if provided.local else None)
