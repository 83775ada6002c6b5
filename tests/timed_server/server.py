"""`python -m tests.timed_server.server`: the timed server that also fails on request and plays several services.

Its job is a Service, its one step the URL. 127.0.0.1 only. GET /truth hands over what it knows of the requests since
the last time.
"""

import re
import socket
import ssl
import threading
from collections import deque
from dataclasses import asdict, replace
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from foundry_exp.measure.calibration.server import Work
from foundry_exp.measure.calibration.wire import Connection, LoopbackServer, Request
from foundry_exp.runtime import worker_side
from foundry_exp.runtime.worker_side import Parent
from tests.timed_server.answers import Answer
from tests.timed_server.service import Behaviour, Service, Truth, from_json

_MAX_TRUTHS = 20_000
_DEVICE = re.compile(r"-(?:generic-cpu|generic-gpu|cuda-gpu|cpu|gpu|npu)(?::\d+)?$")


class State:
    """What the server's connections share."""

    def __init__(self, service: Service) -> None:
        """Start with the models that the service says are loaded."""
        self.service = service
        self.loaded = [name for name in service.models if name not in service.unloaded]
        self.truths: deque[Truth] = deque(maxlen=_MAX_TRUTHS)
        self.work = Work()
        self._asked: dict[str, int] = {}
        self._lock = threading.Lock()

    def behaviour_of(self, model: str) -> Behaviour | None:
        """How this request for a model is answered; null for a model that is not here."""
        usual = self.service.models.get(model)
        if usual is None:
            return None
        with self._lock:
            self._asked[model] = asked = self._asked.get(model, 0) + 1
        return usual if asked % usual.fault_every == 0 else replace(usual, fault=None)


class _Server(LoopbackServer):
    def __init__(self, state: State) -> None:
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if state.service.certificate else None
        if self._tls is not None:
            self._tls.load_cert_chain(state.service.certificate)
        super().__init__(partial(_answer, state))

    def get_request(self) -> tuple[socket.socket, Any]:
        sock, address = super().get_request()
        if self._tls is not None:
            # the handshake is left to the connection's own thread, so that a silent client holds up no other
            sock = self._tls.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        return sock, address


def _answer(state: State, connection: Connection, request: Request) -> bool:
    """Answer one request; false when the connection ends with it."""
    key = state.service.api_key
    if key and request.headers.get("authorization") != f"Bearer {key}":
        connection.answer_json(401, {"error": {"message": f"wrong key; expected {key}"}})
        return True
    if request.method == "POST" and request.path == f"{state.service.prefix}/v1/chat/completions":
        return _chat(connection, request, state)
    if request.method == "GET":
        page = _page(request.path, state)
        if page is not None:
            connection.answer_json(200, page)
            return not state.service.closes_after_get
    connection.answer(404, b"No mapping for the URL\n", kind="text/plain")
    return True


def _chat(connection: Connection, request: Request, state: State) -> bool:
    model = str(request.json().get("model"))
    behaves = state.behaviour_of(model)
    if behaves is None:
        connection.answer_json(404, {"error": {"message": f"Model not found: No model matching '{model}'"}})
        return True
    if model not in state.loaded:
        message = f"Model not loaded: Model '{model}' must be loaded before inference"
        connection.answer_json(HTTPStatus.BAD_REQUEST, {"error": {"message": message}})
        return True
    answer = Answer(connection, request, behaves, state.work)
    state.truths.append(answer.truth)
    return answer.give()


def _page(path: str, state: State) -> object | None:
    """What a GET answers, by the generation of service that is played; null for 404."""
    service = state.service
    if path == "/truth":
        return [asdict(state.truths.popleft()) for _ in range(len(state.truths))]
    if path == f"{service.prefix}/v1/models" and service.kind != "unlisted":
        return {"object": "list", "data": [{"id": name, "object": "model"} for name in service.models]}
    if service.kind == "foundry2":
        return _foundry2(path, state)
    return _foundry0(path, state) if service.kind == "foundry0" else None


def _foundry2(path: str, state: State) -> object | None:
    if path == "/status":
        return {"endpoints": [], "modelCachePath": "", "pid": 0}
    if path == f"{state.service.prefix}/models/loaded":
        return state.loaded
    _, is_load, alias = path.partition(f"{state.service.prefix}/models/load/")
    names = [name for name in state.service.models if _DEVICE.sub("", name) == unquote(alias)]
    return _load(names, state) if is_load and names else None


def _foundry0(path: str, state: State) -> object | None:
    pages = {"/openai/status": {"endpoints": []}, "/openai/loadedmodels": state.loaded}
    _, is_load, name = path.partition("/openai/load/")
    name = unquote(name.partition("?")[0])
    return _load([name], state) if is_load and name in state.service.models else pages.get(path)


def _load(names: list[str], state: State) -> object | None:
    able = [name for name in names if name not in state.service.unloadable]
    state.loaded += [name for name in able if name not in state.loaded]
    return {"status": "loaded"} if able else None


def serve(parent: Parent) -> None:
    """Serve until this process is ended: there is nothing to save, and an orderly shutdown waits for a poll."""
    service = from_json(parent.job)
    server = _Server(State(service))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    scheme = "https" if service.certificate else "http"
    parent.say("serving", url=f"{scheme}://127.0.0.1:{server.server_address[1]}")
    parent.wait()


if __name__ == "__main__":
    worker_side.run(serve)
