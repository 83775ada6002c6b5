"""An MLflow server, asked before MLflow is: MLflow itself waits four minutes a call for one that is not there."""

import base64
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import HTTPError

from foundry_exp.errors import ConfigError, UnreachableError
from foundry_exp.tracking.location import LATER

if TYPE_CHECKING:
    from urllib.request import OpenerDirector

HEALTH = "/health"
ANY_EXPERIMENT = "/api/2.0/mlflow/experiments/search?max_results=1"
CHECK_S = 10.0
"""Before anything runs: a server that has just started is slow."""
PROBE_S = 3.0
"""Between two cells."""
AWAY_S = 60.0
"""A server that failed is left alone for so long, then for twice as long, and so on."""

_NOT_ALLOWED, _FORBIDDEN, _SERVER_FAULT = 401, 403, 500
_left_alone: dict[str, tuple[float, int]] = {}
"""Of each server that failed: until when, and how often in a row. A sweep's cells share it, a new command does not."""


def check(uri: str) -> None:
    """Raise ConfigError for what waiting will not mend, UnreachableError for a server that is down or slow."""
    _get(uri, HEALTH, {}, CHECK_S)
    _get(uri, ANY_EXPERIMENT, _credentials(), CHECK_S)


def need(uri: str) -> None:
    """Raise UnreachableError at once for a server that failed lately, and soon for one that is not there."""
    until_s, _ = _left_alone.get(uri, (0.0, 0))
    if time.monotonic() < until_s:
        msg = f"the MLflow server at {uri} did not answer lately"
        raise UnreachableError(msg)
    try:
        _get(uri, HEALTH, {}, PROBE_S)
    except UnreachableError:
        leave_alone(uri)
        raise


def leave_alone(uri: str) -> None:
    """Note a failure: the server is asked again after a while that doubles."""
    _, times = _left_alone.get(uri, (0.0, 0))
    _left_alone[uri] = (time.monotonic() + AWAY_S * 2**times, times + 1)


def welcome(uri: str) -> None:
    """Forget its failures: it took a whole run."""
    _left_alone.pop(uri, None)


def deadline(uri: str, limit_s: float | None) -> Callable[[], None]:
    """A look at the clock between two calls, which raises UnreachableError when a publication takes too long."""
    end_s = None if limit_s is None else time.monotonic() + limit_s

    def look() -> None:
        if end_s is not None and time.monotonic() > end_s:
            msg = f"the MLflow server at {uri} is too slow: not done within tracker.publish_limit_s={limit_s:g}"
            raise UnreachableError(msg)

    return look


def _opener() -> "OpenerDirector":
    """Follows nothing: a login page elsewhere is no MLflow server, and must not be sent credentials."""
    from urllib.request import HTTPRedirectHandler, build_opener

    class NoRedirect(HTTPRedirectHandler):
        def redirect_request(self, *_asked: object) -> None:
            pass

    return build_opener(NoRedirect)


def _get(uri: str, path: str, headers: dict[str, str], limit_s: float) -> None:
    from http.client import HTTPException  # 8 ms to import with urllib.request and ssl, for a server alone
    from urllib.request import Request

    try:
        with _opener().open(Request(uri + path, headers=headers), timeout=limit_s):
            return
    except HTTPError as error:
        with error:
            _explain(uri, error)
    except (OSError, HTTPException) as error:
        msg = f"no MLflow server answers at {uri} ({getattr(error, 'reason', None) or error})"
        raise UnreachableError(msg) from error


def _explain(uri: str, error: HTTPError) -> None:
    if error.code >= _SERVER_FAULT:
        msg = f"the MLflow server at {uri} is not well (HTTP {error.code})"
        raise UnreachableError(msg) from error
    if error.code == _NOT_ALLOWED:
        if not _credentials() and _others_may_know():
            return
        msg = (
            f"tracker.uri: {uri} refuses these credentials (HTTP 401); set MLFLOW_TRACKING_USERNAME and "
            f"MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN, {LATER}"
        )
    elif error.code == _FORBIDDEN:
        said = error.read(300).decode(errors="replace").strip()
        msg = (
            f"tracker.uri: {uri} forbids it (HTTP 403: {said}); see its --allowed-hosts and the user's rights, {LATER}"
        )
    else:
        msg = f"tracker.uri: what answers at {uri} is not an MLflow server (HTTP {error.code}); correct it, {LATER}"
    raise ConfigError(msg) from error


def _credentials() -> dict[str, str]:
    """The header that MLflow would send, from the variables that it reads."""
    user, password = (os.environ.get(f"MLFLOW_TRACKING_{name}") for name in ("USERNAME", "PASSWORD"))
    if user and password:
        return {"Authorization": f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}
    token = os.environ.get("MLFLOW_TRACKING_TOKEN")
    return {"Authorization": f"Bearer {token}"} if token else {}


def _others_may_know() -> bool:
    """Whether MLflow may find credentials that only it reads."""
    return "MLFLOW_TRACKING_AUTH" in os.environ or any(
        (Path.home() / name).exists() for name in (".mlflow/credentials", ".netrc")
    )
