"""Before anything is timed: which variant is meant, and is it here; if not, it is downloaded, and resumed, and said."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foundry_exp.errors import BackendError
from foundry_exp.protocols import ModelRequest
from foundry_exp.records.config_sections import Backend, Provision
from foundry_exp.runtime.models import facts, request
from foundry_exp.runtime.models.fit import Visible
from foundry_exp.runtime.worker import HANG, Look, OnStep, Step, Worker
from foundry_exp.runtime.worker_side import REFUSED, UNEXPECTED

CATALOGUE_LIMIT_S = 30.0
"""For an answer of the catalogue; then what is stored here is used. The SDK alone would wait over two minutes."""

_MODULE = "foundry_exp.runtime.models.tasks"
_STOP_S = 3.0
"""For a download to write down how far it came."""
_LIFE_BYTES = 4096
"""Written between two looks: less could be the runtime's own log about its retries."""
_LONGEST_PAUSE_S = 30.0
_HOPELESS = frozenset(
    {"not_found", "no_catalogue", "not_cached", "not_measurable", "disk_full", "cancelled", REFUSED, UNEXPECTED}
)
_SILENT, _STALLED = "silent", "stalled"
"""Classes of error of a catalogue that does not answer, and of a download that no longer comes."""

Accept = Callable[[Step], None]
"""Given what is known of a variant before it is downloaded; raises SkipCellError when it is better left."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the runtime keeps its things, and where it looks for models."""

    data_dir: Path
    cache_dir: Path
    catalogue_url: str | None
    offline: bool

    @classmethod
    def named_by(cls, backend: Backend, *, offline: bool) -> "Place":
        """As a backend's section of a config has it."""
        named = (str(backend.arguments[key]) for key in ("data_dir", "cache_dir"))
        data_dir, cache_dir = (Path(name).expanduser().absolute() for name in named)
        url = backend.arguments.get("catalogue_url")
        return cls(data_dir, cache_dir, str(url) if url else None, offline)


@dataclass(frozen=True, slots=True)
class Provided:
    """One exact variant that is on this disk."""

    id: str
    alias: str
    path: Path
    local: bool
    """Whether it is one of your own, registered from its folder."""
    download_s: float | None
    """Seconds from the first try to the last byte; null when it was here."""
    visible: Visible
    """What could be taken instead."""


def look(place: Place, accel: str, limit_s: float = CATALOGUE_LIMIT_S) -> facts.Listing:
    """Everything that is known; when the catalogue does not answer in time, what is stored here."""
    task = {"do": "list", "accel": accel}
    return facts.from_json(_in_time(place, lambda where: _ask({**task, **where}, limit_s)))


def verify(place: Place, names: list[str], limit_s: float, on_step: OnStep) -> dict[str, Any]:
    """The state of each model in the cache. Only the cache is looked at, so no catalogue is asked."""
    with _working({"do": "verify", "names": names, **_where(place, cache_only=True)}) as worker:
        answer: dict[str, Any] = _followed(worker, limit_s, _STALLED, on_step)
        return answer


def add(place: Place, path: Path, variant: str) -> facts.VariantFacts:
    """Register a model's folder in place."""
    task = {"do": "add", "path": str(path), "variant": variant, **_where(place, cache_only=True)}
    return facts.VariantFacts(**_ask(task, CATALOGUE_LIMIT_S))


def _accept_any(_: Step) -> None:
    """Let every variant be downloaded."""


def provide(
    place: Place, model: ModelRequest, limits: Provision, on_step: OnStep, accept: Accept = _accept_any
) -> Provided:
    """The variant meant, downloaded if need be and accepted; raises BackendError or SkipCellError with what to do."""
    task = {"do": "pull", "model": request.to_json(model), "download": limits.download and not place.offline}
    start_s = time.monotonic()
    answer = _patiently(
        limits, on_step, lambda: _in_time(place, lambda at: _pull({**task, **at}, limits, on_step, accept))
    )
    took_s = time.monotonic() - start_s if answer["download_s"] is not None else None
    return Provided(
        **{**answer, "path": Path(answer["path"]), "download_s": took_s, "visible": Visible(**answer["visible"])}
    )


def _patiently(limits: Provision, on_step: OnStep, once: Callable[[], Any]) -> Any:
    """Try again after what may pass, with a pause that doubles; a new try resumes what the last one left."""
    for tried in range(limits.retries + 1):
        try:
            return once()
        except BackendError as error:
            if error.error_class in _HOPELESS:
                raise
            if tried == limits.retries:
                raise BackendError(error.error_class, _given_up(error, limits)) from error
            pause_s = min(2.0**tried, _LONGEST_PAUSE_S)
            on_step(
                {"step": "retrying", "reason": str(error), "pause_s": pause_s, "tries_left": limits.retries - tried}
            )
            time.sleep(pause_s)
    raise AssertionError


def _given_up(error: BackendError, limits: Provision) -> str:
    stalled = " (provision.stall_timeout_s)" if error.error_class == _STALLED else ""
    tries = f"{limits.retries + 1} tries" if limits.retries else "1 try"
    return f"download failed after {tries}: {error}{stalled}; what came is kept, run it again to resume."


def _pull(task: dict[str, Any], limits: Provision, on_step: OnStep, accept: Accept) -> Any:
    with _working(task) as worker:
        resolved = _next_step(worker, CATALOGUE_LIMIT_S, _SILENT, _Writing(worker).goes_on)
        on_step(resolved)
        if not resolved["cached"]:
            accept(resolved)
            worker.send("go")
        return _followed(worker, limits.stall_timeout_s, _STALLED, on_step)


def _ask(task: dict[str, Any], limit_s: float) -> Any:
    """The answer to a task that says little on its way."""
    with _working(task) as worker:
        return _followed(worker, limit_s, _SILENT, lambda _: None)


@contextmanager
def _working(task: dict[str, Any]) -> Iterator[Worker]:
    """A worker that has ended when the block has."""
    # the runtime writes to its log until its process has ended, so the folder of the log outlives the worker
    with (
        tempfile.TemporaryDirectory(prefix="foundry-exp-", ignore_cleanup_errors=True) as log_dir,
        Worker.start(_MODULE, {**task, "log_dir": log_dir}, name="the runtime's process") as worker,
    ):
        try:
            yield worker
        except BackendError:
            raise  # it has said its last, or would not hear
        except BaseException:
            worker.stop(_STOP_S)
            raise


class _Writing:
    """What a worker writes, which shows life where it says nothing."""

    def __init__(self, worker: Worker, on_step: OnStep = lambda _: None) -> None:
        self._worker = worker
        self._on_step = on_step
        self._before_bytes = self._seen_bytes = worker.written_bytes() or 0

    def goes_on(self) -> bool:
        """Whether enough was written since the last look; then it is shown as a step."""
        written = self._worker.written_bytes() or 0
        if written - self._seen_bytes < _LIFE_BYTES:
            return False
        self._seen_bytes = written
        self.show({"step": "bytes"})
        return True

    def show(self, step: Step) -> None:
        """Hand a step on, with what has been written until now."""
        written = self._worker.written_bytes() or self._seen_bytes
        self._on_step({**step, "written_bytes": written - self._before_bytes})


def _followed(worker: Worker, quiet_s: float, quiet_class: str, on_step: OnStep) -> Any:
    """A worker's answer; what it says and writes on its way is shown."""
    writing = _Writing(worker, on_step)
    while (step := _next_step(worker, quiet_s, quiet_class, writing.goes_on))["step"] != "answer":
        writing.show(step)
    return step["answer"]


def _next_step(worker: Worker, quiet_s: float, quiet_class: str, look: Look) -> Step:
    """A worker's next step; raises BackendError of that class when it neither says nor writes anything for so long."""
    try:
        return worker.answer(quiet_s, "working", look)
    except BackendError as error:
        if error.error_class != HANG:
            raise
        raise BackendError(quiet_class, f"nothing came for {quiet_s:g} s") from error


def _in_time(place: Place, ask: Callable[[dict[str, Any]], Any]) -> Any:
    """Ask with the catalogue, or with what is stored of it when that does not answer in time."""
    if place.offline:
        return ask(_where(place, cache_only=True))
    try:
        return ask(_where(place, cache_only=False))
    except BackendError as error:
        if error.error_class != _SILENT:
            raise
        return ask(_where(place, cache_only=True))


def _where(place: Place, *, cache_only: bool) -> dict[str, Any]:
    return {
        "data_dir": str(place.data_dir),
        "cache_dir": str(place.cache_dir),
        "catalogue_url": place.catalogue_url,
        "cache_only": cache_only,
        "offline": place.offline,
    }
