"""What meters share: how one says that it cannot be read, and looks at it now, at the end and in between."""

import threading
from collections.abc import Callable


class UnavailableError(Exception):
    """A meter is not here or may not be read; the message is the reason that a null is given."""


class Sampler:
    """Calls `look` on start, every so many seconds on a thread of its own, and on stop; never two at once."""

    def __init__(self, look: Callable[[], None], every_s: float) -> None:
        """Keep what to call; looking begins with `start`."""
        self._look = look
        self._every_s = every_s
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Look, and go on looking."""
        self._look()
        self._thread.start()

    def stop(self) -> None:
        """Look a last time; harmless when it was never started, or was stopped before."""
        if self._thread.ident is not None and not self._done.is_set():
            self._done.set()
            self._thread.join()
            self._look()

    def _run(self) -> None:
        while not self._done.wait(self._every_s):
            self._look()
