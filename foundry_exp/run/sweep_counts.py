"""How far a sweep is, seen from its run folders: so it is right under every launcher and after every kill."""

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from foundry_exp.errors import StoreError
from foundry_exp.records import run_folder
from foundry_exp.records.run_result import FAILED, RunResult
from foundry_exp.run import resume
from foundry_exp.run.resume import Ended


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


@dataclass(frozen=True, slots=True)
class Failures:
    """What has failed of all the cells whose failures count for a command, not of its own alone."""

    folders: Sequence[Path]
    planned: int
    """So many cells count."""
    out_of_memory: Sequence[Path]
    """Those that failed for want of memory."""


@dataclass(slots=True)
class SweepCounts:
    """Looks at the cells that one command is to measure; the run.json of a finished one is read once."""

    folders: Sequence[Path]
    since_ns: int
    """When the command started, by the clock that files are dated with."""
    of_others: Sequence[Path] = ()
    """Cells of the same sweep that other shards measure: no progress of this command, but their failures count."""
    others_since_ns: int = 0
    """What had failed by then stops nothing here any more: the command is resumed in spite of it."""
    _seen: dict[Path, tuple[Ended, int]] = field(default_factory=dict)
    """With the time at which its run.json was written, ns."""

    def now(self) -> Counts:
        """Count what has ended since the command started."""
        statuses = [one.status for one in self._ended(self.folders, self.since_ns).values()]
        failed, stopped = sum(status in FAILED for status in statuses), statuses.count("interrupted")
        elapsed_s = max(0.0, (time.time_ns() - self.since_ns) / 1e9)
        return Counts(len(self.folders), len(statuses) - stopped, failed, elapsed_s)

    def saw(self, folder: Path, result: RunResult) -> None:
        """Remember how a cell of this process ended, whose run.json need not be read."""
        ended = Ended(result.status, result.skip_rule, result.out_of_memory)
        self._seen[folder] = ended, _written_ns(folder / run_folder.RESULT_FILE)

    def failures(self) -> Failures:
        """Look at the cells of every shard."""
        ended = self._ended(self.folders, self.since_ns) | self._ended(self.of_others, self.others_since_ns)
        return Failures(
            [folder for folder, one in ended.items() if one.status in FAILED],
            len(self.folders) + len(self.of_others),
            [folder for folder, one in ended.items() if one.out_of_memory],
        )

    def _ended(self, folders: Sequence[Path], since_ns: int) -> dict[Path, Ended]:
        for folder in folders:
            ended, read_ns = self._seen.get(folder, (None, None))
            if ended and not ended.is_left:
                continue
            written_ns = _written_ns(folder / run_folder.RESULT_FILE)
            if written_ns >= since_ns and written_ns != read_ns:  # a retried cell still has its earlier run.json
                self._read(folder, written_ns)
        return {folder: self._seen[folder][0] for folder in folders if folder in self._seen}

    def _read(self, folder: Path, written_ns: int) -> None:
        with suppress(StoreError):  # told by the command whose cell it is
            if ended := resume.read_end(folder):
                self._seen[folder] = ended, written_ns


def _written_ns(file: Path) -> int:
    """When a file was last written; -1 when it is not there."""
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return -1
