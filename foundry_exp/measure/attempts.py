"""attempts.json: what each process that worked on a cell found, kept as it goes so that a kill leaves it behind."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from foundry_exp.errors import StoreError
from foundry_exp.files import disk
from foundry_exp.metrics.request import cold_ttft_ms, due_ns
from foundry_exp.records import record_log, run_folder
from foundry_exp.records.record import Record
from foundry_exp.records.record_json import NotTheRecordError, from_json, plain
from foundry_exp.records.run_result import AttemptFacts, StandStill

AWAKE_NS = 250_000_000
"""After a stop between two requests, which the next one must show: on a busy machine it starts as much later."""
ATTEMPTS_FILE = "attempts.json"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One process's work on a cell, before it starts."""

    number: int
    started_at: str
    done: frozenset[tuple[str, int]] = frozenset()
    """Sample id and round of the requests that earlier attempts made."""

    @property
    def facts(self) -> AttemptFacts:
        """What is known of it so far."""
        return AttemptFacts(self.number, self.started_at)


def read(folder: Path) -> tuple[AttemptFacts, ...]:
    """The attempts at a cell so far, oldest first."""
    path = folder / ATTEMPTS_FILE
    if not path.exists():
        return ()
    try:
        attempts: tuple[AttemptFacts, ...] = from_json(tuple[AttemptFacts, ...], disk.read_bytes(path))
    except NotTheRecordError as error:
        msg = f"{path}: not a list of attempts ({error}); remove it to go on without."
        raise StoreError(msg) from error
    return attempts


def keep(folder: Path, latest: AttemptFacts) -> None:
    """Write down what is known of an attempt, instead of what was known of it before."""
    _write(folder, [*(one for one in read(folder) if one.attempt != latest.attempt), latest])


def _write(folder: Path, every: Sequence[AttemptFacts]) -> None:
    text = json.dumps([plain(one) for one in every], indent=2, ensure_ascii=False)
    disk.write_whole(folder / ATTEMPTS_FILE, text + "\n")


def end(folder: Path, attempt: Attempt, duration_s: float) -> tuple[str, float, tuple[AttemptFacts, ...]]:
    """Write down how long an attempt took; when the first one started, how long all of them took, and their facts."""
    so_far = read(folder)
    earlier = tuple(one for one in so_far if one.attempt != attempt.number)
    own = tuple(replace(one, duration_s=duration_s) for one in so_far if one.attempt == attempt.number)
    if own:  # one that loaded no model has no line
        _write(folder, (*earlier, *own))
    started_at = earlier[0].started_at if earlier else attempt.started_at
    return started_at, sum(one.duration_s or 0.0 for one in earlier) + duration_s, (*earlier, *own)


def end_killed(folder: Path) -> None:
    """Write down how long an attempt took that nobody could end."""
    so_far = read(folder)
    if so_far and so_far[-1].duration_s is None:
        keep(folder, replace(so_far[-1], duration_s=_lasted_s(folder, so_far[-1])))


def _lasted_s(folder: Path, killed: AttemptFacts) -> float | None:
    written = [folder / ATTEMPTS_FILE, folder / record_log.RECORDS_FILE]
    last_s = max(path.stat().st_mtime for path in written if path.exists())
    lasted_s = last_s - datetime.fromisoformat(killed.started_at).timestamp()
    return lasted_s if lasted_s >= 0 else None  # the clock was set back meanwhile


def following(folder: Path) -> Attempt:
    """The attempt that goes on where the records of a folder end."""
    records = run_folder.read_records(folder)
    numbers = [one.attempt for one in read(folder)] + [record.attempt for record in records]
    done = frozenset((record.sample_id, record.round) for record in records if record.phase == "measure")
    return Attempt(max(numbers, default=-1) + 1, datetime.now(UTC).isoformat(timespec="seconds"), done)


def of_latest(records: Sequence[Record]) -> list[Record]:
    """The records of the last attempt that made any: load, cold start, memory and energy belong together."""
    latest = max((record.attempt for record in records), default=0)
    return [record for record in records if record.attempt == latest]


def flagged(attempts: Sequence[AttemptFacts], records: Sequence[Record]) -> list[Record]:
    """The records, with what stood still while each was under way."""
    still = {one.attempt: one.stood_still or () for one in attempts}
    return [_flagged(record, still.get(record.attempt, ())) for record in records]


def _flagged(record: Record, still: Sequence[StandStill]) -> Record:
    start_ns = min(due_ns(record), record.t_start_ns)
    over = [one for one in still if one.from_ns <= record.t_end_ns and one.to_ns + AWAKE_NS >= start_ns]
    if not over or record.stood_still is not None:
        return record
    return replace(record, stood_still=" and ".join(f"{one.what} for {one.lasted_s:.1f} s" for one in over))


def peak(name: str, latest: float | None, attempts: Sequence[AttemptFacts]) -> tuple[float | None, str | None]:
    """The largest of a peak over all attempts that made requests; null, and why, where one of them is not known."""
    if latest is None:
        return None, None
    peaks = {one.attempt: getattr(one, name) for one in attempts[:-1] if one.measured}
    unseen = [attempt for attempt, peak in peaks.items() if peak is None]
    if unseen:
        return None, f"attempt {unseen[0]} was killed with the process that watched it, so its peak is not known"
    return max(latest, *peaks.values()) if peaks else latest, None


def counted(attempts: Sequence[AttemptFacts], records: Sequence[Record]) -> tuple[AttemptFacts, ...]:
    """The attempts with what their records say of them."""
    return tuple(
        _with_records(one, [record for record in records if record.attempt == one.attempt]) for one in attempts
    )


def that_measured(folder: Path) -> tuple[AttemptFacts, ...]:
    """The attempts so far whose requests are in a cell's figures."""
    so_far = read(folder)
    return tuple(one for one in counted(so_far, run_folder.read_records(folder)) if one.measured) if so_far else ()


def _with_records(one: AttemptFacts, own: Sequence[Record]) -> AttemptFacts:
    return replace(one, cold_ttft_ms=cold_ttft_ms(own), measured=sum(record.phase == "measure" for record in own))
