"""Which files a model is loaded from: their stat before, which reads nothing, and their digest afterwards.

The digest is that of the loaded model as long as no stat has changed until it was made.
"""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from foundry_exp.records.run_result import AttemptFacts, FileStat, ModelFiles
from foundry_exp.runtime.models import folder

_NAMED = 3


class FilesWatch:
    """The files of a model, from before it is loaded to their digest."""

    def __init__(self, given: Path | None, earlier: Sequence[AttemptFacts], *, keeps_models: bool) -> None:
        """Name what the backend is given to load, if any, and the attempts whose requests are in the cell already.

        A backend that `keeps_models` loads from that folder; another one may pass its name on to a service elsewhere.
        """
        self._given = given
        self._earlier = earlier
        self._keeps_models = keeps_models
        self._files: ModelFiles | None = None

    @property
    def files(self) -> ModelFiles | None:
        """As they were before loading; null when that has not begun, or no folder here is loaded from."""
        return self._files

    def before_load(self) -> str | None:
        """Look at the files; why they must not be loaded."""
        self._files = self._seen_given()
        return not_of_earlier(self._earlier, self._files)

    def after_load(self, facts: Mapping[str, Any]) -> str | None:
        """Keep to the folder that the backend names; why what was loaded must not be measured."""
        named = Path(facts["path"]) if facts["path"] else None
        if named is not None and (self._given is None or named.resolve() != self._given.resolve()):
            self._files = seen(named)
        elif named is None and not self._keeps_models and facts["pid"] is None:
            self._files = None
        before = {one.facts.get("variant") for one in self._earlier} - {None, facts["variant"]}
        if before:
            return (
                f"{facts['variant']} answers now, and the cell's earlier requests were answered by {before.pop()}: one "
                "row must not be of two models; choose another sweep.name."
            )
        return _changed(self._files) if self._files else None

    def identified(self) -> tuple[ModelFiles | None, str | None]:
        """When nothing is timed any more: the files, with their digest if they were loaded; what is wrong with them."""
        if self._files is None:
            return (self._seen_given() if self._keeps_models else None), None
        files, changed = identified(self._files)
        return files, changed or not_of_earlier(self._earlier, files)

    def _seen_given(self) -> ModelFiles | None:
        return seen(self._given) if self._given is not None and self._given.exists() else None


def seen(path: Path) -> ModelFiles:
    """A model's folder, or its one file, as it is now."""
    stats = folder.file_stats(path)
    return ModelFiles(str(path), platform.node(), folder.stated_mb(stats), stats)


def identified(files: ModelFiles) -> tuple[ModelFiles, str | None]:
    """The files with their digest; without one, and why, when they are no longer what they were."""
    if changed := _changed(files):
        return files, changed
    try:
        digest = folder.files_digest(Path(files.path), files.stats)
    except OSError as error:
        return files, f"{files.path}: cannot be read after the last request ({error.strerror}); start again."
    changed = _changed(files)
    return (files, changed) if changed else (replace(files, digest=digest), None)


def _changed(files: ModelFiles) -> str | None:
    changes = folder.file_changes(files.stats, folder.file_stats(Path(files.path)))
    if not changes:
        return None
    return (
        f"{files.path}: its files changed while the model was in use ({_listed(changes)}), so it is not known which "
        "one answered; what was answered is kept. Leave the folder alone, and start again."
    )


def not_of_earlier(earlier: Sequence[AttemptFacts], now: ModelFiles | None) -> str | None:
    """Why a cell must not go on with these files; null when its earlier requests were answered by no others."""
    every = (_differences(one.files, now) for one in earlier if one.files) if now else ()
    changes = next(filter(None, every), None)
    if now is None or changes is None:
        return None
    return (
        f"{now.path}: not the files that the cell's earlier requests were answered from ({_listed(changes)}), and one "
        "row must not be of two models; choose another sweep.name for what is there now."
    )


def _differences(before: ModelFiles, now: ModelFiles) -> list[str]:
    """On another machine, nothing but the content can be alike; a restart of this one may number its devices anew."""
    if before.host == now.host:
        new = [f"{name} is new" for name in now.stats if name not in before.stats]
        return [*folder.file_changes(_anywhere(before.stats), _anywhere(now.stats)), *new]
    if before.digest and now.digest and before.digest != now.digest:
        return [f"digest {before.digest} on {before.host}, {now.digest} on {now.host}"]
    return []


def _anywhere(stats: Mapping[str, FileStat]) -> dict[str, FileStat]:
    return {name: (0, ino, size, mtime, ctime) for name, (_, ino, size, mtime, ctime) in stats.items()}


def _listed(changes: Sequence[str]) -> str:
    rest = f" and {len(changes) - _NAMED} more" if len(changes) > _NAMED else ""
    return "; ".join(changes[:_NAMED]) + rest
