"""https with a certificate that the machine trusts works; any other is refused with the way out, and never skipped."""

from collections.abc import Callable
from pathlib import Path

import pytest

from foundry_exp.errors import BackendError
from foundry_exp.runtime.http.endpoint import EndpointBackend
from tests.runtime.backends.contract import asked
from tests.runtime.http.certificates import issuer, write_ca, write_server
from tests.runtime.http.conftest import Serve, wanted
from tests.timed_server.service import Behaviour, Service

pytestmark = pytest.mark.real

Attach = Callable[..., EndpointBackend]


def https(certificate: Path) -> Service:
    return Service({"m": Behaviour()}, certificate=str(certificate))


def test_a_certificate_of_a_trusted_ca_is_accepted_and_the_read_is_what_stamps(
    serve: Serve, attach: Attach, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ca = issuer("our CA")
    monkeypatch.setenv("SSL_CERT_FILE", str(write_ca(tmp_path / "ca.pem", ca)))
    server = serve(https(write_server(tmp_path / "server.pem", ca)))
    backend = attach(server.url)
    assert server.url.startswith("https://")
    assert backend.load(wanted("m")).runtime["stamped_by"] == "clock"
    server.truths()
    records = [asked(backend) for _ in range(2)]
    assert [record.error for record in records] == [None, None]
    assert set(backend.stamped_by) == {"clock"}
    assert all(truth.place > 0 for truth in server.truths().values()), "the connection is kept open"


@pytest.mark.parametrize("flaw", ["signed by itself", "unknown CA", "expired", "another host"])
def test_any_other_certificate_is_refused_with_the_way_out(
    serve: Serve, attach: Attach, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flaw: str
) -> None:
    ca = issuer("our CA")
    monkeypatch.setenv("SSL_CERT_FILE", str(write_ca(tmp_path / "ca.pem", ca)))
    signer = {"signed by itself": None, "unknown CA": issuer("their CA")}.get(flaw, ca)
    days = -1 if flaw == "expired" else 1
    host = "127.0.0.2" if flaw == "another host" else "127.0.0.1"
    server = serve(https(write_server(tmp_path / "server.pem", signer, days, host)))
    with pytest.raises(BackendError, match=r"certificate verify failed.*SSL_CERT_FILE") as caught:
        attach(server.url).load(wanted("m"))
    assert caught.value.error_class == "tls"


def test_no_variable_of_the_shell_turns_the_check_off(
    serve: Serve, attach: Attach, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PYTHONHTTPSVERIFY", "CURL_SSL_BACKEND", "NODE_TLS_REJECT_UNAUTHORIZED", "REQUESTS_CA_BUNDLE"):
        monkeypatch.setenv(name, "0")
    server = serve(https(write_server(tmp_path / "server.pem", None)))
    with pytest.raises(BackendError, match="certificate verify failed") as caught:
        attach(server.url).load(wanted("m"))
    assert caught.value.error_class == "tls"
