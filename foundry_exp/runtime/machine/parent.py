"""A child's side of `process.ModuleProcess`: the job it is given, the steps it says, and its end with its parent."""

import json
import os
import queue
import signal
import sys
import threading
from typing import Any


class Parent:
    """The process that started this one, and that watches it."""

    def __init__(self) -> None:
        """Take standard output for the steps, read the job, and listen for what is told on a thread of its own."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what Ctrl-C means
        self._steps = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)  # what native code prints must not mix with the steps
        self.job: dict[str, Any] = json.loads(sys.stdin.readline())
        self.stopped = threading.Event()
        """Set once it was told to stop."""
        self._told: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def say(self, step: str, **facts: Any) -> None:
        """Report one step."""
        self._steps.write(json.dumps({"step": step, **facts}) + "\n")
        self._steps.flush()

    def wait(self) -> str:
        """The next line that the parent tells: to go on, to stop, or what to do."""
        return self._told.get()

    def rest(self, step: str, **facts: Any) -> None:
        """Report a step, and wait until the parent has looked at this process."""
        self.say(step, **facts)
        self.wait()

    def _listen(self) -> None:
        for line in sys.stdin:
            if line.strip() == "stop":
                self.stopped.set()
            self._told.put(line)
        os._exit(1)  # the parent is gone; native code may hold every lock, so nothing gentler is sure
