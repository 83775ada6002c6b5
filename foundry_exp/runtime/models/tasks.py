"""`python -m foundry_exp.runtime.models.tasks`: the SDK in a process of its own, since it can hang, for one task.

Its last step is an answer or an error. A download begins when it is told "go", and stops when it is told "stop".
"""

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foundry_exp.errors import BackendError
from foundry_exp.runtime import worker_side
from foundry_exp.runtime.models import audit, catalogue, fit, request, resolve, runtime, variants
from foundry_exp.runtime.models.facts import VariantFacts
from foundry_exp.runtime.worker_side import Parent

if TYPE_CHECKING:
    from foundry_local_sdk import FoundryLocalManager, IModel

HEADROOM = 1.1
"""Of the stated size: the disk must hold a tenth more, for what else is written meanwhile."""

_SAY_EVERY_S = 0.1
_LOG_LIMIT_S, _LOOK_EVERY_S = 5.0, 0.05


class Runtime:
    """The opened SDK, and what this task knows around it."""

    def __init__(self, manager: "FoundryLocalManager", task: dict[str, Any]) -> None:
        """Keep what the tasks share."""
        self.manager = manager
        self.task = task
        self.cache_dir = Path(task["cache_dir"])
        self.closed_data_dir = Path(task["data_dir"]) if task["cache_only"] else None
        """The runtime's own folder, when only what lies there may be used."""
        self._log_dir = Path(task["log_dir"])

    def catalogue_state(self) -> str:
        """`reached`, `stored`, `absent` or `offline`, once the catalogue was asked."""
        if self.task["cache_only"]:
            return "offline" if self.task["offline"] else self._unreached()
        return "reached" if self._has_fetched() else self._unreached()

    def _has_fetched(self) -> bool:
        """As the log says, which a thread of the runtime's own writes: on a busy machine, a moment later."""
        deadline_s = time.monotonic() + _LOG_LIMIT_S
        while (answered := runtime.fetched_catalogue(self._log())) is None and time.monotonic() < deadline_s:
            time.sleep(_LOOK_EVERY_S)
        return bool(answered)

    def _log(self) -> bytes:
        return b"".join(path.read_bytes() for path in self._log_dir.glob(runtime.LOG_GLOB))

    @property
    def why_unreached(self) -> str:
        """What became of asking the catalogue that `catalogue_state` did not find reached."""
        if self.task["offline"]:
            return "was not asked (offline=true)"
        return "gave no answer in time" if self.task["cache_only"] else "cannot be reached"

    def _unreached(self) -> str:
        return "stored" if catalogue.has_snapshot(self.cache_dir) else "absent"


def listing(opened: Runtime, parent: Parent) -> dict[str, Any]:
    """Everything that is known of every variant."""
    there = variants.Providers()
    if parent.job["accel"] != "cpu":
        there = runtime.registered(opened.manager, None, opened.closed_data_dir)
    every = catalogue.read(opened.manager)
    return {
        "variants": [asdict(facts) for facts in every],
        "catalogue": opened.catalogue_state(),
        "registered": list(there.registered),
        "missing": list(there.missing),
    }


def pull(opened: Runtime, parent: Parent) -> dict[str, Any]:
    """Find the variant and download it, unless it is here."""
    variant = _variant(opened, parent.job["model"])
    local = not variant.info.uri
    facts = catalogue.facts_of(variant, catalogue.LOCAL if local else catalogue.PUBLIC)
    if not facts.cached and not parent.job["download"]:
        raise BackendError("not_cached", _not_cached(facts.id))
    with runtime.translated("catalogue"):
        every = catalogue.read(opened.manager)
    _refuse_foreign(facts, parent.job["model"]["alias"], {one.alias for one in every})
    visible = asdict(fit.visible(every, facts))
    names = ("id", "device", "size_mb", "context_length", "cached")
    parent.say("resolved", **{name: getattr(facts, name) for name in names}, visible=visible)
    took_s = None if facts.cached else _fetched(variant, facts, parent, opened.cache_dir)
    here = {"id": facts.id, "alias": facts.alias, "path": variant.get_path(), "local": local}
    return {**here, "download_s": took_s, "visible": visible}


def _refuse_foreign(pinned: VariantFacts, alias: str, aliases: set[str]) -> None:
    """BackendError where a variant would be measured under the name of another model of the catalogue."""
    if alias != pinned.alias and alias in aliases:
        msg = (
            f"model.variant: {pinned.id} is of {pinned.alias}, and would be shown as {alias}, which is another model; "
            f"choose model=custom model.variant={pinned.id}, or a variant of {alias}."
        )
        raise BackendError("not_found", msg)


def _fetched(variant: "IModel", facts: VariantFacts, parent: Parent, cache_dir: Path) -> float:
    """Seconds that the download took, once the parent said that it is worth it."""
    parent.wait()
    if parent.stopped.is_set():
        raise BackendError("cancelled", "stopped before anything was downloaded")
    start_s = time.monotonic()
    _refuse_small_disk(cache_dir, facts.id, facts.size_mb)
    _download(variant, parent, cache_dir)
    return time.monotonic() - start_s


def _variant(opened: Runtime, asked: dict[str, Any]) -> "IModel":
    try:
        with runtime.translated("catalogue"):
            model = request.from_json(asked)
            there = resolve.providers(opened.manager, model, opened.closed_data_dir)
            return resolve.find(opened.manager, model, there)
    except BackendError as error:
        state = opened.catalogue_state()
        if error.error_class != "not_found" or state == "reached":
            raise
        if state == "absent" or not catalogue.has_snapshot(opened.cache_dir):
            msg = variants.no_catalogue(asked["variant"] or asked["alias"], opened.why_unreached)
            raise BackendError("no_catalogue", msg) from error
        msg = f"{error} The catalogue {opened.why_unreached}, so that is by what an earlier look at it stored."
        raise BackendError("not_found", msg) from error


def _download(variant: "IModel", parent: Parent, cache_dir: Path) -> None:
    try:
        with runtime.translated("download"):
            variant.download(_told(parent), parent.stopped)
    except BackendError as error:
        if error.error_class != "disk_full":
            raise
        msg = f"{variant.id}: the disk of {cache_dir} is full ({error}); free some and run it again: what came is kept."
        raise BackendError("disk_full", msg) from error


def _not_cached(variant: str) -> str:
    return (
        f"{variant}: not downloaded, and provision.download or offline says not to; "
        f"run python -m foundry_exp models pull {variant}"
    )


def _refuse_small_disk(cache_dir: Path, variant: str, size_mb: float | None) -> None:
    cache_dir.mkdir(parents=True, exist_ok=True)
    free_mb = shutil.disk_usage(cache_dir).free / 1e6
    if size_mb is None:
        return
    here_mb = catalogue.begun_mb(cache_dir, variant)
    needed_mb = size_mb * HEADROOM - here_mb
    if free_mb < needed_mb:
        more = f" more, beside the {here_mb:.0f} MB that came," if here_mb else ""
        msg = (
            f"{variant}: needs {needed_mb:.0f} MB{more} in {cache_dir}, got {free_mb:.0f} MB free; "
            f"free some, or set backend.cache_dir to another disk."
        )
        raise BackendError("disk_full", msg)


def _told(parent: Parent) -> Callable[[float], None]:
    """The download's callback: percent, which 2.2.1 hands over out of order, said as what is reached."""
    most, said_s = 0.0, 0.0

    def tell(percent: float) -> None:
        nonlocal most, said_s
        if percent >= most and time.monotonic() - said_s >= _SAY_EVERY_S:
            most, said_s = percent, time.monotonic()
            parent.say("downloading", percent=percent)

    return tell


def verify(opened: Runtime, parent: Parent) -> dict[str, Any]:
    """Look at each cached model: complete, of the size stated, loadable."""
    folders = (Path(opened.task["data_dir"]), opened.cache_dir)
    names = parent.job["names"]
    models = audit.verify(opened.manager, *folders, names, lambda name: parent.say("at", id=name))
    return {
        "models": [asdict(one) for one in models],
        "unmatched": audit.unmatched(opened.manager, opened.cache_dir, names),
        "catalogue": opened.catalogue_state(),
    }


def add(opened: Runtime, parent: Parent) -> dict[str, Any]:
    """Register a folder where it is."""
    with runtime.translated("register"):
        variant = resolve.register(opened.manager, Path(parent.job["path"]), parent.job["variant"])
    return asdict(catalogue.facts_of(variant, catalogue.LOCAL))


TASKS = {"list": listing, "pull": pull, "verify": verify, "add": add}


def work(parent: Parent) -> None:
    """Do the one task."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):  # the SDK repeats its log there; the file is what is read
        os.dup2(nowhere, stream)
    task = parent.job
    where = (Path(task["data_dir"]), Path(task["cache_dir"]), Path(task["log_dir"]))
    with runtime.opened(*where, task["catalogue_url"], task["cache_only"]) as manager:
        parent.say("answer", answer=TASKS[task["do"]](Runtime(manager, task), parent))


if __name__ == "__main__":
    worker_side.run(work)
