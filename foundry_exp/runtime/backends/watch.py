"""Time limits of one request that only another thread can enforce: silence, and the whole."""

import threading
import time
from collections.abc import Callable

from foundry_exp.errors import BackendError
from foundry_exp.protocols import ChatRequest


class Watch:
    """Cancels a request that is silent for too long; the thread sleeps on a lock, so it costs no CPU."""

    def __init__(self, cancel: Callable[[], None], request: ChatRequest) -> None:
        """Name what ends the request; the clock starts with the `with` block."""
        self._cancel = cancel
        self._request = request
        self._start_s = self._heard_s = time.monotonic()
        self._heard = False
        self._done = threading.Event()
        self._expired: str | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        self._done.set()
        self._thread.join()
        if self._expired:
            raise _timeout(self._expired, self._request) from error

    def saw_event(self) -> None:
        """Move the deadline on."""
        self._heard = True
        self._heard_s = time.monotonic()

    def _deadlines_s(self) -> dict[str, float]:
        request = self._request
        whole = {"timeout_total": self._start_s + request.total_timeout_s}
        if not request.streaming:
            return whole
        if self._heard:
            return whole | {"timeout_idle": self._heard_s + request.idle_timeout_s}
        return whole | {"timeout_first_token": self._start_s + request.first_token_timeout_s}

    def _run(self) -> None:
        while True:
            error_class, deadline_s = min(self._deadlines_s().items(), key=lambda pair: pair[1])
            if self._done.wait(max(0.0, deadline_s - time.monotonic())):
                return
            error_class, deadline_s = min(self._deadlines_s().items(), key=lambda pair: pair[1])
            if time.monotonic() >= deadline_s:
                self._expired = error_class
                self._cancel()
                return


def _timeout(error_class: str, request: ChatRequest) -> BackendError:
    name = error_class.removeprefix("timeout_") + "_timeout_s"
    limit_s: float = getattr(request, name)
    return BackendError(
        error_class, f"no answer within workload.{name}={limit_s:g}; raise it, or take a smaller model."
    )
