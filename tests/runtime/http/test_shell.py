"""What the shell says in OPENAI_… changes nothing on the wire: an experiment in git must not change with it."""

from collections.abc import Callable

import pytest

from foundry_exp.runtime.http.endpoint import EndpointBackend
from tests.runtime.backends.contract import asked
from tests.runtime.http.conftest import Serve, wanted
from tests.timed_server.service import Behaviour, Service

pytestmark = pytest.mark.real

SHELL = {
    "OPENAI_API_KEY": "sk-shell",
    "OPENAI_ADMIN_KEY": "sk-admin-shell",
    "OPENAI_BASE_URL": "http://127.0.0.1:9/shell/v1",
    "OPENAI_ORG_ID": "org-shell",
    "OPENAI_PROJECT_ID": "project-shell",
    "OPENAI_WEBHOOK_SECRET": "secret-shell",
    "OPENAI_API_TYPE": "azure",
    "OPENAI_API_VERSION": "shell",
    "AZURE_OPENAI_ENDPOINT": "http://127.0.0.1:9/shell",
    "OPENAI_CUSTOM_HEADERS": "\n".join(
        [
            "Authorization: Bearer sk-shell", "X-Shell: yes", "Content-Type: text/shell", "Accept-Encoding: gzip",
            "Accept: text/shell", "User-Agent: shell", "Host: shell", "Content-Length: 1", "Connection: close",
            "OpenAI-Organization: org-shell", "X-Ünicode: ü",
        ]
    ),
}  # fmt: skip


def on_the_wire(serve: Serve, attach: Callable[..., EndpointBackend]) -> tuple[dict[str, str], str]:
    server = serve(Service({"m": Behaviour()}))
    backend = attach(server.url)
    backend.load(wanted("m"))
    server.truths()
    record = asked(backend)
    assert record.error is None
    (truth,) = server.truths().values()
    return {**truth.headers, "host": truth.headers["host"].partition(":")[0]}, truth.body


def test_requests_are_the_same_whatever_the_shell_says(
    serve: Serve, attach: Callable[..., EndpointBackend], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in SHELL:
        monkeypatch.delenv(name, raising=False)
    clean = on_the_wire(serve, attach)
    for name, value in SHELL.items():
        monkeypatch.setenv(name, value)
    assert on_the_wire(serve, attach) == clean
    headers, _ = clean
    assert headers["authorization"] == "Bearer none"
    assert not [name for name in headers if name.startswith("openai-")]
