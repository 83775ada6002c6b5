"""One input through one reader: it is read, or refused in a sentence; all else, and taking long, is a finding."""

import signal
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from foundry_exp.errors import FoundryExpError
from tests.faults.readers import Reader

LIMIT_S = 5.0
"""For one input; the slowest takes some hundredths of a second on a busy machine."""


class TooSlowError(Exception):
    """An input took longer than it may."""


def finding(reader: Reader, content: bytes) -> str | None:
    """What went wrong with an input; null when it was read or refused as it should be."""
    try:
        with _limited():
            reader.read(content)
    except FoundryExpError as error:
        return None if str(error).strip() else f"{reader.name}: refused without a sentence"
    except Exception as error:  # noqa: BLE001 — whatever it is, it is what is looked for
        where = traceback.extract_tb(error.__traceback__)[-1]
        return f"{reader.name}: {type(error).__name__}: {str(error)[:120]} ({where.filename}:{where.lineno})"
    return None


@contextmanager
def _limited() -> Iterator[None]:
    if sys.platform == "win32":  # the limit of the whole test or job has to do
        yield
        return

    def expire(_: int, __: FrameType | None) -> None:
        raise TooSlowError(f"longer than {LIMIT_S:g} s")

    before = signal.signal(signal.SIGALRM, expire)
    signal.setitimer(signal.ITIMER_REAL, LIMIT_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
