"""What went wrong with a request over HTTP, as an error class and a sentence."""

import ssl
from collections.abc import Iterator

import httpx2
import openai

from foundry_exp.errors import BackendError
from foundry_exp.runtime.http import address, service_error
from foundry_exp.runtime.http.request_trace import RequestTrace

HTTP_BAD_REQUEST, HTTP_TOO_MANY, HTTP_SERVER = 400, 429, 500
_REDIRECTS = range(300, 400)
CAUGHT = (openai.OpenAIError, httpx2.HTTPError, httpx2.StreamError)


def read(error: Exception, trace: RequestTrace, where: str) -> BackendError:
    """The BackendError that an exception of the client means."""
    if trace.expired is not None:
        return _limit(trace, where)
    if isinstance(error, openai.APIStatusError):
        return status(error.response.status_code, error.response.headers, _message(error), where)
    causes = list(_causes(error))
    return _tls(causes, where) or _connection(causes, where)


def _tls(causes: list[BaseException], where: str) -> BackendError | None:
    reasons = [str(cause) for cause in causes if isinstance(cause, ssl.SSLError) or "handshake" in str(cause)]
    if not reasons:
        return None
    way_out = "check https and the certificate."
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        # there is no switch to skip the check: a key or a prompt would go to whoever answers
        way_out = "if it is yours, name a file with its CA's certificate in the environment variable SSL_CERT_FILE."
    return BackendError("tls", f"{where}: no TLS connection ({reasons[-1]}); {way_out}")


def _connection(causes: list[BaseException], where: str) -> BackendError:
    reason = service_error.shorten(str(causes[-1])) or type(causes[-1]).__name__
    kinds = tuple(type(cause) for cause in causes)
    if any(issubclass(kind, httpx2.ConnectError | httpx2.ConnectTimeout) for kind in kinds):
        way_out = "start the service, or correct backend.base_url."
        return BackendError("connect", f"{where}: cannot connect ({reason}); {way_out}")
    if any(issubclass(kind, httpx2.RemoteProtocolError) for kind in kinds) and not _hung_up(reason):
        return BackendError("protocol", f"{where}: no HTTP answer ({reason}); correct backend.base_url.")
    if any(issubclass(kind, httpx2.TransportError) for kind in kinds):
        return BackendError("reset", f"{where}: the connection broke ({reason}); see the service's log.")
    return BackendError("client", f"{where}: the request could not be made ({reason}).")


def _hung_up(reason: str) -> bool:
    return "closed" in reason or "disconnected" in reason


def status(code: int, headers: httpx2.Headers, message: str, where: str) -> BackendError:
    """The error of an HTTP status that is not a success."""
    if code in _REDIRECTS:
        target = address.public(headers.get("location", "nowhere"))
        msg = f"{where}: redirects to {target}; put that in backend.base_url."
        return BackendError("redirect", msg, http_status=code)
    if code == HTTP_TOO_MANY:
        return _rate_limited(headers.get("retry-after", ""), message, where)
    if service_error.is_overflow(message):
        return service_error.overflow(where, message, code)
    msg = f"{where}: HTTP {code}: {message}; {_way_out(code, message)}"
    return BackendError(f"http_{code}", msg, http_status=code, retry_after_s=_wait_s(headers.get("retry-after", "")))


def _rate_limited(retry_after: str, message: str, where: str) -> BackendError:
    when = f"Retry-After {service_error.shorten(retry_after)}" if retry_after else "no Retry-After"
    msg = f"{where}: HTTP 429 ({when}): {message}; lower workload.concurrency."
    return BackendError("rate_limited", msg, http_status=HTTP_TOO_MANY, retry_after_s=_wait_s(retry_after))


def _wait_s(retry_after: str) -> float | None:
    """When a server that refuses, busy or still loading its model, wants to be asked again; null for a date."""
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        return None


def _way_out(code: int, message: str) -> str:
    if "must be loaded" in message:
        return "load it on the service's host: foundry model load NAME."
    if code in (401, 403):
        return "put the key in the environment variable that backend.api_key_env names."
    if code >= HTTP_SERVER:
        # Foundry answers a bare 500 when memory runs out (Foundry-Local issue 209)
        silent = message == service_error.NO_MESSAGE
        return "it may be out of memory; see its log." if silent else "see the service's log."
    return "compare the model's name with the list at /v1/models."


def _limit(trace: RequestTrace, where: str) -> BackendError:
    if trace.expired == "too_large":
        limit = f"more than {trace.limits.max_bytes} bytes"
        return BackendError("too_large", f"{where}: the answer has {limit}; is this a chat service?")
    name = str(trace.expired).removeprefix("timeout_")
    limit_s = getattr(trace.limits, f"{name}_s")
    settings = trace.limits.settings
    way_out = f"raise {settings}.{name}_timeout_s, or take a smaller model." if settings else "is the service busy?"
    return BackendError(str(trace.expired), f"{where}: no answer within {limit_s:g} s ({name}); {way_out}")


def _message(error: openai.APIStatusError) -> str:
    return service_error.words(error.body, failed=True) or service_error.NO_MESSAGE


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what led to it; httpcore2 clears `__cause__` on the way, so the context is followed too."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
