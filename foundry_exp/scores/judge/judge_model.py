"""The model that judges: found or fetched, loaded in a process of its own, and known by what can change a verdict."""

import hashlib
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from foundry_exp import target
from foundry_exp.errors import BackendError, SkipCellError
from foundry_exp.files.digest import digest_of
from foundry_exp.protocols import ModelRequest
from foundry_exp.records.config_json import plain
from foundry_exp.records.config_sections import Accel, Backend, DeviceLock, Model, Provision
from foundry_exp.runtime.machine import device_lock
from foundry_exp.runtime.models import progress_bar, provision, request
from foundry_exp.runtime.models.identity import FilesWatch
from foundry_exp.scores.judge import chat_process, prompt, verdict
from foundry_exp.scores.judge.judge import Judge, Settings
from foundry_exp.scores.judge.progress import ProgressLine

_DIGITS = 8
_LIMIT = "_timeout_s"
_PLUMBING = frozenset({"api_key_env", "cache_dir", "cache_only", "data_dir", "quick_ack"})
"""Keys of a backend that change how the model is got and reached, and not what it says."""


@dataclass(frozen=True, slots=True)
class JudgeModel:
    """Which model is to judge, and how it is got."""

    model: Model
    backend: Backend
    accel: Accel
    load_timeout_s: float
    provision: Provision
    offline: bool
    device_lock: DeviceLock
    log_dir: Path
    """Where its log stays when it fails."""

    @property
    def lock(self) -> DeviceLock:
        """How it waits for its device; the name in a cell's is of the device that is measured."""
        return replace(self.device_lock, device=None)


@dataclass(frozen=True, slots=True)
class Identity:
    """Which judge it is: scores by two that differ in anything are never mixed."""

    variant: str
    files_digest: str | None
    """Null where its files cannot be seen: on another machine."""
    digest: str
    """Of its files, device, backend, settings and the words that it is asked with; first 8 hex digits."""

    @property
    def scored_by(self) -> str:
        """What its scores are known by."""
        return f"{self.variant}@{self.digest}"


@contextmanager
def loaded(model: JudgeModel, settings: Settings, line: ProgressLine) -> Iterator[tuple[Judge, Identity]]:
    """The loaded judge, which is unloaded when the block ends; raises BackendError when it cannot be had.

    It holds its device as a measured cell does: judging beside another command's cell would spoil that one's times.
    """
    path = request.local_path(model.model, "scorer.judge.model")
    alias = request.alias_of(model.model, path)
    log = _new_log(model.log_dir, alias)
    with tempfile.TemporaryDirectory(prefix="foundry-exp-judge-", ignore_cleanup_errors=True) as runtime_logs:
        try:
            wanted = request.request(model.model, model.accel, path, Path(runtime_logs), offline=model.offline)
            provided, given = _provided(model, wanted)
            files = FilesWatch(given, (), keeps_models=model.backend.keeps_models)
            lock = device_lock.held(model.lock, model.backend, model.accel, {"judge": alias}, line.wait_for)
            backend = plain(model.backend)
            with lock:
                files.before_load()
                with chat_process.chatting(backend, provided, model.load_timeout_s, log) as chat:
                    digest = _digest(files, chat.facts)
                    yield Judge(chat, settings), identify(alias, chat.facts, digest, backend, settings)
        except SkipCellError as error:
            raise BackendError("skip", f"{alias}: {error}") from error
        except BackendError as error:
            raise BackendError(error.error_class, f"{alias}: {error}") from error
    log.unlink(missing_ok=True)


def _new_log(log_dir: Path, alias: str) -> Path:
    log_dir.mkdir(parents=True, exist_ok=True)
    return log_dir / f"{alias}-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}.log"


def _digest(files: FilesWatch, facts: Mapping[str, Any]) -> str | None:
    """Of the files that were loaded, where the backend names them; BackendError when they have changed meanwhile."""
    if not facts["path"]:
        return None
    files.after_load(facts)
    seen, changed = files.identified()
    if changed:
        raise BackendError("changed", changed)
    return seen.digest if seen else None


def _provided(judge_model: JudgeModel, model: ModelRequest) -> tuple[ModelRequest, Path | None]:
    """The one variant meant, on this disk, where the runtime is Foundry's own; fetched by a process of its own.

    With the place of its files, as far as it is known.
    """
    if model.path is not None or not judge_model.backend.keeps_models:
        return model, model.path
    place = provision.Place.named_by(judge_model.backend, offline=judge_model.offline)
    with progress_bar.shown(model.alias) as show:
        provided = provision.provide(place, model, judge_model.provision, show)
    return replace(model, variant=provided.id, path=provided.path if provided.local else None), provided.path


def identify(
    alias: str, facts: Mapping[str, Any], files_digest: str | None, backend: Mapping[str, Any], settings: Settings
) -> Identity:
    """The judge that was loaded; one whose backend knows no variant goes by its alias."""
    variant = facts["variant"] or alias
    place = {"device": facts["device"], "backend": _weighed(_effective(_unmoved(backend)))}
    words = [prompt.DIGEST, verdict.SCHEMA]
    digest = digest_of([variant, files_digest, place, _effective(asdict(settings)), words])
    return Identity(variant, files_digest, digest[:_DIGITS])


def _effective(section: Mapping[str, Any]) -> dict[str, Any]:
    """What of a section can change a verdict."""
    return {name: value for name, value in section.items() if not name.endswith(_LIMIT) and name not in _PLUMBING}


def _unmoved(backend: Mapping[str, Any]) -> dict[str, Any]:
    """The section with the address that its part had first, so that a judge stays the one that scored before."""
    return {**backend, "_target_": target.first(backend["_target_"])}


def _weighed(backend: dict[str, Any]) -> dict[str, Any]:
    """The section with the content of its weights for their place, where they are a file; a folder has its own."""
    named = backend.get("weights_path")
    path = Path(named).expanduser() if isinstance(named, str) and named else None
    if path is None or not path.is_file():
        return backend
    with path.open("rb") as file:
        return {**backend, "weights_path": hashlib.file_digest(file, "sha256").hexdigest()}
