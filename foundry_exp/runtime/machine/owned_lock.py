"""A lock of the operating system's, which a killed process lets go of, with its owner named in a file beside it."""

import getpass
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from filelock import BaseFileLock

_EVERYONES_FILE = 0o666

Wait = Callable[[str], bool]
"""Called with who holds the lock, again and again; rests a moment and says whether to go on waiting."""


class BusyError(Exception):
    """Another process holds the lock; says which."""


@contextmanager
def held(file: Path, owner: Mapping[str, str], limit_s: float = 0.0, wait: Wait = lambda _: True) -> Iterator[bool]:
    """Hold the lock and say whose it is; false when `wait` gave up.

    Raises BusyError when another process holds it for longer than the limit, OSError when it cannot be made.
    """
    from filelock import FileLock

    lock = FileLock(file, mode=_EVERYONES_FILE, timeout=0)
    if not _taken(lock, file, limit_s, wait):
        yield False
        return
    try:
        _sign(file, owner)
        yield True
    finally:
        with suppress(OSError):
            _owner_file(file).unlink(missing_ok=True)
        lock.release()


def _taken(lock: "BaseFileLock", file: Path, limit_s: float, wait: Wait) -> bool:
    from filelock import Timeout

    since_s = time.monotonic()
    while True:
        try:
            lock.acquire()
        except Timeout:
            if time.monotonic() - since_s >= limit_s:
                raise BusyError(holder(file)) from None
            if not wait(holder(file)):
                return False
        else:
            return True


def holder(file: Path) -> str:
    """Who holds a lock, as the file beside it says."""
    try:
        owner = json.loads(_owner_file(file).read_text(encoding="utf-8"))
        what = ", ".join(f"{key} {value}" for key, value in owner["for"].items())
        return f"held by {owner['user']}'s process {owner['pid']} ({what}) since {owner['since']}"
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return "held by a process that has not said its name"


def _sign(file: Path, owner: Mapping[str, str]) -> None:
    """Say who holds the lock; by rename, since another user's file cannot be written over."""
    since = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"
    signature = {"for": owner, "user": _user(), "pid": os.getpid(), "since": since}
    draft = _owner_file(file).with_suffix(f".{os.getpid()}")
    with suppress(OSError):  # the lock counts; its owner's name is a courtesy
        draft.write_text(json.dumps(signature), encoding="utf-8")
        draft.replace(_owner_file(file))


def _owner_file(file: Path) -> Path:
    return file.with_suffix(".owner")


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "an unknown user"
