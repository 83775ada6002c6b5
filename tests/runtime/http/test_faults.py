"""Each way that a request can fail is a record with its own error class, and nothing that came before is lost."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import httpx2
import openai
import pytest

from foundry_exp.errors import BackendError
from foundry_exp.records.record import Record
from foundry_exp.runtime.http import faults
from foundry_exp.runtime.http.address import parse
from foundry_exp.runtime.http.client import ChatClient
from foundry_exp.runtime.http.endpoint import EndpointBackend
from foundry_exp.runtime.http.request_trace import Limits, RequestTrace
from tests.runtime.backends.contract import request
from tests.runtime.http.asking import ask_client
from tests.runtime.http.conftest import Ask, Serve, wanted
from tests.timed_server.service import Behaviour, Service, TimedServer

pytestmark = pytest.mark.real

KEY = "a-secret-key"


def class_of(record: Record) -> str:
    assert record.error is not None
    return record.error.class_


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@pytest.fixture
def client_of() -> Callable[[str], ChatClient]:
    return lambda url: ChatClient(parse(url), "", 0.5, clock=time.perf_counter_ns)


@pytest.mark.parametrize(
    ("model", "error_class", "words"),
    [
        ("hang_up", "reset", 0),
        ("reset", "reset", 2),
        ("cut", "reset", 2),
        ("404", "http_404", 0),
        ("429", "rate_limited", 0),
        ("500", "http_500", 0),
        ("503", "http_503", 0),
        ("malformed", "malformed_event", 2),
        ("error_event", "stream_error", 2),
        ("overflow", "context_overflow", 0),
        ("no_done", "stream_truncated", 8),
        ("content_type", "content_type", 0),
        ("redirect", "redirect", 0),
        ("not-here", "http_404", 0),
    ],
)
def test_a_streamed_fault_has_its_class_and_keeps_its_words(ask: Ask, model: str, error_class: str, words: int) -> None:
    record = ask(model)
    assert class_of(record) == error_class
    assert record.text.split() == [f"w{number}" for number in range(words)]
    assert record.error is not None
    assert record.error.message.startswith("http://127.0.0.1:")
    assert ask("steady").error is None, "one failure must not spoil the next request"


@pytest.mark.parametrize(
    ("model", "error_class"),
    [
        ("hang_up", "reset"), ("404", "http_404"), ("429", "rate_limited"), ("500", "http_500"),
        ("malformed", "malformed_event"), ("error_event", "stream_error"), ("content_type", "content_type"),
        ("redirect", "redirect"),
    ],
)  # fmt: skip
def test_the_same_without_streaming(ask: Ask, model: str, error_class: str) -> None:
    record = ask(model, streaming=False)
    assert (class_of(record), record.text) == (error_class, "")


@pytest.mark.parametrize("model", ["never-first", "never-first-commenting"])
def test_silence_before_the_first_token_meets_its_limit_comments_or_not(ask: Ask, model: str) -> None:
    record = ask(model, first_token_timeout_s=0.3)
    assert (class_of(record), record.text) == ("timeout_first_token", "")


@pytest.mark.parametrize("model", ["silent", "silent-commenting"])
def test_silence_after_some_tokens_meets_the_idle_limit(ask: Ask, model: str) -> None:
    record = ask(model, idle_timeout_s=0.3)
    assert (class_of(record), record.text) == ("timeout_idle", "w0 w1 ")


@pytest.mark.parametrize(("model", "streaming"), [("silent-commenting", True), ("silent", False)])
def test_the_whole_request_has_a_limit(ask: Ask, model: str, streaming: bool) -> None:
    record = ask(model, streaming=streaming, total_timeout_s=0.3)
    assert class_of(record) == "timeout_total"
    assert record.error is not None
    assert "workload.total_timeout_s" in record.error.message


def test_an_endless_answer_is_cut_at_a_bound(ask: Ask) -> None:
    record = ask("endless")
    assert class_of(record) == "too_large"
    assert record.text


def test_an_empty_answer_is_an_end_without_text(ask: Ask) -> None:
    for streaming in (True, False):
        record = ask("empty", streaming=streaming)
        assert (record.error, record.text, record.event_kinds[-1]) == (None, "", "end")


@pytest.mark.parametrize(
    ("model", "error_class", "words"),
    [("error_answer", "stream_error", "the behaviour says so"), ("content_type", "content_type", "a login page")],
)
def test_what_comes_instead_of_a_stream_is_told_in_its_own_words(
    ask: Ask, model: str, error_class: str, words: str
) -> None:
    record = ask(model)
    assert class_of(record) == error_class
    assert record.error is not None
    assert words in record.error.message


def test_a_header_sent_twice_is_no_fault(ask: Ask) -> None:
    assert ask("doubled").error is None


def test_missing_usage_is_null_not_zero(ask: Ask) -> None:
    record = ask("no-usage")
    assert (record.error, record.usage, record.token_source) == (None, None, "events")


def test_a_refused_connection_says_so(client_of: Callable[[str], ChatClient]) -> None:
    client = client_of(f"http://127.0.0.1:{closed_port()}")
    record = ask_client(client, "any")
    client.close()
    assert class_of(record) == "connect"
    assert record.error is not None
    assert "start the service" in record.error.message


@pytest.fixture
def mail_server() -> Iterator[int]:
    """The port of a server that greets in plain text, whatever it is sent."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_greet_all, args=(listener,), daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


def _greet_all(listener: socket.socket) -> None:
    with suppress(OSError):  # the listener is shut down at the end
        while True:
            sock, _ = listener.accept()
            with sock:
                sock.recv(65536)
                sock.sendall(b"220 mail.example ESMTP\r\n\r\n")
                sock.shutdown(socket.SHUT_WR)
                while sock.recv(65536):
                    pass


@pytest.mark.parametrize(("scheme", "error_class"), [("http", "protocol"), ("https", "tls")])
def test_a_port_that_speaks_something_else_is_told_apart(
    mail_server: int, client_of: Callable[[str], ChatClient], scheme: str, error_class: str
) -> None:
    client = client_of(f"{scheme}://127.0.0.1:{mail_server}")
    record = ask_client(client, "any")
    client.close()
    assert class_of(record) == error_class


def test_a_tls_handshake_that_nobody_answers_is_told_apart(
    server: TimedServer, client_of: Callable[[str], ChatClient]
) -> None:
    client = client_of(server.url.replace("http:", "https:"))
    record = ask_client(client, "steady")
    client.close()
    assert class_of(record) == "tls"


def test_retry_after_is_carried(server: TimedServer, client_of: Callable[[str], ChatClient]) -> None:
    client = client_of(server.url)
    with pytest.raises(BackendError, match="Retry-After 7") as caught:
        list(client.chat("429", request(), time.perf_counter_ns))
    client.close()
    assert (caught.value.retry_after_s, caught.value.http_status) == (7.0, 429)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"detail": [{"type": "extra_forbidden", "loc": ["body", "seed"], "msg": "not permitted"}]}, "body.seed: not"),
        ({"detail": "no such model"}, "no such model"),
        ({"object": "error", "message": "no such model", "code": 404}, "no such model"),
        ({"message": "no such model"}, "no such model"),
        ("no such model", "no such model"),
        ("<html><body><h1>404</h1>Not Found</body></html>", "404 Not Found"),
        ({}, "no message"),
        ("", "no message"),
    ],
)
def test_a_refusal_is_told_in_the_services_own_words(body: object, words: str) -> None:
    response = httpx2.Response(422, request=httpx2.Request("POST", "http://host"))
    trace = RequestTrace(time.perf_counter_ns, Limits(total_s=1.0, max_bytes=1))
    error = faults.read(openai.APIStatusError("refused", response=response, body=body), trace, "here")
    assert f"HTTP 422: {words}" in str(error)


def test_a_redirect_is_named_without_the_credentials_in_it(ask: Ask) -> None:
    record = ask("redirect")
    assert record.error is not None
    assert "http://127.0.0.1:9/v1" in record.error.message
    assert "secret" not in record.error.message


def test_a_key_never_shows_even_when_the_service_repeats_it(
    serve: Serve, attach: Callable[..., EndpointBackend], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(Service({"m": Behaviour()}, api_key=KEY + "-other"))
    monkeypatch.setenv("SOME_KEY", KEY)
    backend = attach(server.url.replace("://", "://user:password@"), "SOME_KEY")
    with pytest.raises(BackendError) as caught:
        backend.load(wanted("m"))
    assert caught.value.error_class == "http_401"
    assert KEY not in str(caught.value)
    assert "password" not in str(caught.value)


def test_the_named_variable_holds_the_key(
    serve: Serve, attach: Callable[..., EndpointBackend], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(Service({"m": Behaviour()}, api_key=KEY))
    monkeypatch.setenv("SOME_KEY", KEY)
    assert attach(server.url, "SOME_KEY").load(wanted("m")).variant == "m"
