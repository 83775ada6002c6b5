"""One look at a meter now, one at the end, and some in between on a thread of its own."""

import threading
from collections.abc import Callable


class Sampler:
    """Calls `look` on start, every so many seconds, and on stop; never from two threads at once."""

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
        """Look a last time."""
        self._done.set()
        self._thread.join()
        self._look()

    def _run(self) -> None:
        while not self._done.wait(self._every_s):
            self._look()
