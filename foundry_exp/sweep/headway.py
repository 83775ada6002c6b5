"""How far a sweep is, seen from its run folders: so it is right under every launcher and after every kill."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from foundry_exp import store
from foundry_exp.sweep import resume
from foundry_exp.sweep.resume import Ending

FAILURES = frozenset({"failed", "device_mismatch"})


@dataclass(frozen=True, slots=True)
class Counts:
    """Cells of one command, by how they ended."""

    planned: int
    ended: int
    """Without one that a person stopped: it is still to be finished."""
    failed: int
    """Failed, or ran on another device than asked."""
    elapsed_s: float
    """Since the command started."""

    @property
    def left_s(self) -> float | None:
        """Seconds left if the others take as long as those that ended; null before the first."""
        return self.elapsed_s / self.ended * (self.planned - self.ended) if self.ended else None


@dataclass(slots=True)
class Headway:
    """Looks at the cells that one command is to measure; each run.json is read once."""

    folders: Sequence[Path]
    since_ns: int
    """When the command started, by the clock that files are dated with."""
    _seen: dict[Path, Ending] = field(default_factory=dict)

    def look(self) -> Counts:
        """Count what has ended since the command started."""
        for folder in self.folders:
            if folder not in self._seen and self._is_new(folder / store.RESULT_FILE):
                ended = resume.ending(folder)
                if ended is not None:
                    self._seen[folder] = ended
        statuses = [ended.status for ended in self._seen.values()]
        failed, stopped = sum(status in FAILURES for status in statuses), statuses.count("interrupted")
        elapsed_s = max(0.0, (time.time_ns() - self.since_ns) / 1e9)
        return Counts(len(self.folders), len(statuses) - stopped, failed, elapsed_s)

    def out_of_memory(self) -> Iterator[Path]:
        """The cells of this command that failed for want of memory."""
        self.look()
        return (folder for folder, ended in self._seen.items() if ended.out_of_memory)

    def _is_new(self, file: Path) -> bool:
        """Whether it was written by this command; a retried cell still has its earlier run.json."""
        try:
            return file.stat().st_mtime_ns >= self.since_ns
        except OSError:
            return False
