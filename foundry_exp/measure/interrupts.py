"""Ctrl-C as a count that is looked at between steps: an exception in the middle of one could lose it."""

import signal
import threading
from types import FrameType


class Interrupts:
    """How often a person has asked to stop since `listen`."""

    def __init__(self) -> None:
        """Nothing is heard yet."""
        self.count = 0
        self._before: signal._HANDLER = None

    def listen(self) -> None:
        """Count SIGINT instead of raising KeyboardInterrupt; a thread other than the main one hears none."""
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._heard)

    def forget(self) -> None:
        """Let SIGINT mean what it meant before."""
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
            self._before = None

    def _heard(self, _signal: int, _frame: FrameType | None) -> None:
        self.count += 1
