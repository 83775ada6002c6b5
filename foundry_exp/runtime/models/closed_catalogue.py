"""A catalogue on 127.0.0.1 that refuses, so that the runtime goes by what is stored and asks no network.

The SDK's own cache-only mode will not do for its web service, which 2.2.1 refuses to start in it. An address where
nobody listens is tried for 4.5 s; an answer of 404 is taken at once.
"""

import os
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

PATH = "/asset-gallery/v1.0/models"
_HOST = "127.0.0.1"


def opened() -> str:
    """Its address; it is there until this process ends."""
    excepted = [name for name in (os.environ.get("NO_PROXY"), _HOST) if name]
    os.environ["NO_PROXY"] = ",".join(excepted)  # native code would ask a proxy for this address too
    server = HTTPServer((_HOST, 0), _Refusal)
    threading.Thread(target=_refuse, args=(server,), daemon=True).start()
    return f"http://{_HOST}:{server.server_port}{PATH}"


def _refuse(server: HTTPServer) -> None:
    """One request after the other; between them nothing runs, not even a timer."""
    while True:
        server.handle_request()


class _Refusal(BaseHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 — its parent's name for it
        pass

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(404)
        self.send_header("Content-Length", "0")
        self.end_headers()
