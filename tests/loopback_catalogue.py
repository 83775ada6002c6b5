"""A Foundry catalogue on 127.0.0.1 for the real runtime: its listing, its model registry, and its storage.

Made from what foundry-local-sdk 2.2.1 asks. It reads every fact from `annotations.systemCatalogData`; a download
asks `https://REGION.api.azureml.ms/modelregistry/…` for a storage address (reached here through HTTPS_PROXY and a
certificate of our own), then lists and reads blobs there as Azure's storage SDK does, in pieces of 2 MiB.
"""

import json
import re
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.runtime.http import certificates

_DATE = "Thu, 01 Jan 2026 00:00:00 GMT"
_PIECE = 64 * 1024
# Without any one of these, the storage SDK fails with "map::at".
_BLOB_HEADERS = {
    "ETag": '"0x1"',
    "Last-Modified": _DATE,
    "Accept-Ranges": "bytes",
    "x-ms-blob-type": "BlockBlob",
    "x-ms-creation-time": _DATE,
    "x-ms-server-encrypted": "true",
    "x-ms-lease-state": "available",
    "x-ms-lease-status": "unlocked",
}


@dataclass(frozen=True)
class Variant:
    """One entry of the catalogue. Null is left out of what is served."""

    name: str
    alias: str
    device: str = "cpu"
    provider: str = "CPUExecutionProvider"
    version: int = 1
    task: str | None = "chat-completion"
    licence: str | None = "MIT"
    size_bytes: int = 2_000_000
    context: int | None = 512
    tools: bool | None = None
    reasoning: bool | None = None
    capabilities: tuple[str, ...] = ()
    files: dict[str, bytes] = field(default_factory=dict)
    """What a download brings."""

    @property
    def id(self) -> str:
        return f"{self.name}:{self.version}"


def model_files(folder: Path, **more: bytes) -> dict[str, bytes]:
    """The files of a model's folder, and others by name with `__` for the dot."""
    files = {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}
    return files | {name.replace("__", "."): content for name, content in more.items()}


class LoopbackCatalogue:
    """The server's state: what it offers, what goes wrong, and every request that it saw."""

    def __init__(self, variants: list[Variant], folder: Path) -> None:
        self.variants = variants
        self.requests: list[str] = []
        self.sent_bytes = 0
        self.cut_after_bytes: int | None = None
        """Blob answers end after as many bytes, with the connection closed."""
        self.hold = threading.Event()
        """While set, blob answers stop after their first piece and keep the connection open."""
        self.silent = threading.Event()
        """While set, the listing is asked for and never answered."""
        self.registry_status = 200
        self.listing_status = 200
        self.slow_after_bytes: int | None = None
        """From as many bytes on, a piece takes 0.1 s."""
        self._ca, self._server = folder / "ca.pem", _Server(("127.0.0.1", 0), _Handler)
        self._server.state, self._server.tls = self, _tls(folder, self._ca)
        self.closing = threading.Event()
        self.turn = threading.Lock()
        """One answer at a time, so that pieces are finished one after the other, as on a slow line with few of them."""

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        return f"{self.address}/asset-gallery/v1.0/models"

    def environment(self) -> dict[str, str]:
        """What a process needs to reach the registry through this server."""
        return {"HTTPS_PROXY": self.address, "NO_PROXY": "127.0.0.1", "SSL_CERT_FILE": str(self._ca)}

    def asked(self, text: str) -> list[str]:
        """The requests whose line holds `text`."""
        return [line for line in self.requests if text in line]

    def start(self) -> None:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def serving(variants: list[Variant], folder: Path) -> Iterator[LoopbackCatalogue]:
    """A running server; `folder` takes its certificates."""
    catalogue = LoopbackCatalogue(variants, folder)
    catalogue.start()
    try:
        yield catalogue
    finally:
        catalogue.close()


def entity(variant: Variant) -> dict[str, Any]:
    """One entry as the runtime reads it."""
    about: dict[str, Any] = {
        "publisher": "Loopback",
        "displayName": variant.alias,
        "deploymentOptions": ["Foundry Local on Devices"],
        "license": variant.licence,
        "supportsToolCalling": variant.tools,
        "supportsReasoning": variant.reasoning,
        "inferenceTasks": [variant.task] if variant.task else None,
        "modelCapabilities": list(variant.capabilities) or None,
        "textContextWindow": variant.context,
        "maxOutputTokens": 256,
        "minFLVersion": "0.0.1",
    }
    assets = "azureml://registries/loopback/models"
    stated = {key: value for key, value in about.items() if value is not None}
    kind = {"modelType": "ONNX", "device": variant.device, "executionProvider": variant.provider}
    return {
        "assetId": f"{assets}/{variant.name}/versions/{variant.version}",
        "entityId": f"azureml://ent/{variant.id}",
        "annotations": {"tags": {"alias": variant.alias, "foundryLocal": ""}, "systemCatalogData": stated},
        "properties": {
            "id": variant.id,
            "name": variant.name,
            "version": variant.version,
            "variantInfo": {
                "parents": [{"assetId": f"{assets}/{variant.alias}/versions/1"}],
                "variantMetadata": {**kind, "fileSizeBytes": variant.size_bytes},
            },
            "creationContext": {"createdTime": "2026-01-01T00:00:00Z"},
        },
    }


def _tls(folder: Path, ca: Path) -> ssl.SSLContext:
    signer = certificates.issuer("loopback catalogue")
    certificates.write_ca(ca, signer)
    server = certificates.write_server(folder / "registry.pem", signer, dns="*.api.azureml.ms")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server)
    return context


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    state: LoopbackCatalogue
    tls: ssl.SSLContext


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "_Server"

    @property
    def _state(self) -> LoopbackCatalogue:
        return self.server.state

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 — its parent's name for it
        pass

    def do_CONNECT(self) -> None:
        """Be every host that is asked for, behind a certificate of our own."""
        self._state.requests.append(f"CONNECT {self.path}")
        self.send_response(200)
        self.end_headers()
        self.connection = self.server.tls.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb", -1)
        self.wfile = self.connection.makefile("wb", 0)
        self.close_connection = False

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        wanted = {entry["field"].rpartition("/")[2]: entry["values"] for entry in asked["filters"]}
        self._state.requests.append(f"POST {self.path} {wanted.get('device')} {wanted.get('executionProvider')}")
        if self._state.silent.is_set():
            self._state.closing.wait()
            return
        found = [entity(variant) for variant in self._state.variants if _fits(variant, wanted)]
        self._json(self._state.listing_status, {"totalCount": len(found), "value": found})

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        self._state.requests.append(f"{self.command} {self.path} {self._range() or ''}".strip())
        address = urlsplit(self.path)
        query = parse_qs(address.query)
        if "modelregistry" in address.path:
            self._registry(query["assetId"][0])
        elif query.get("comp") == ["list"]:
            self._list(address.path)
        else:
            self._blob(*unquote(address.path).removeprefix("/store/").split("/", 1))

    def _registry(self, asset: str) -> None:
        model = asset.partition("/models/")[2].partition("/")[0]
        place = f"{self._state.address}/store/{model}?sv=2024-01-01&sig=x"
        self._json(self._state.registry_status, {"blobSasUri": place})

    def _list(self, path: str) -> None:
        blobs = "".join(
            f"<Blob><Name>{name}</Name><Properties><Creation-Time>{_DATE}</Creation-Time><Last-Modified>{_DATE}"
            f"</Last-Modified><Etag>0x1</Etag><Content-Length>{len(content)}</Content-Length>"
            f"<BlobType>BlockBlob</BlobType></Properties></Blob>"
            for name, content in _files(self._state, path.removeprefix("/store/")).items()
        )
        about = f'ServiceEndpoint="{self._state.address}/" ContainerName="c"'
        inside = f"<Blobs>{blobs}</Blobs><NextMarker />"
        whole = f'<?xml version="1.0" encoding="utf-8"?><EnumerationResults {about}>{inside}</EnumerationResults>'
        self._head(200, len(whole), {"Content-Type": "application/xml"})
        self.wfile.write(whole.encode())

    def _blob(self, model: str, name: str) -> None:
        content = _files(self._state, model)[name]
        first, last, headers = 0, len(content) - 1, dict(_BLOB_HEADERS)
        asked = re.match(r"bytes=(\d+)-(\d*)", self._range() or "")
        if asked:
            first, last = int(asked[1]), min(int(asked[2] or last), last)
            headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
        self._head(206 if asked else 200, last - first + 1, headers)
        if self.command == "GET":
            with self._state.turn:
                self._send(memoryview(content)[first : last + 1])

    def _send(self, content: memoryview) -> None:
        for start in range(0, len(content), _PIECE):
            while start and self._state.hold.is_set():
                if self._state.closing.wait(0.02):
                    return
            if self._state.cut_after_bytes is not None and start >= self._state.cut_after_bytes:
                self.close_connection = True
                return
            piece = content[start : start + _PIECE]
            self.wfile.write(piece)
            self._state.sent_bytes += len(piece)
            if self._state.slow_after_bytes is not None and self._state.sent_bytes > self._state.slow_after_bytes:
                self._state.closing.wait(0.1)

    def _range(self) -> str | None:
        return self.headers.get("x-ms-range") or self.headers.get("Range")

    def _json(self, status: int, said: dict[str, Any]) -> None:
        body = json.dumps(said).encode()
        self._head(status, len(body), {"Content-Type": "application/json"})
        self.wfile.write(body)

    def _head(self, status: int, length: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:
            return  # the runtime closed the connection, or was killed
        finally:
            for used in (self.rfile, self.wfile, self.connection):
                with suppress(OSError):
                    used.close()


def _fits(variant: Variant, wanted: dict[str, list[str]]) -> bool:
    return (
        variant.device in wanted.get("device", [variant.device])
        and variant.provider in wanted.get("executionProvider", [variant.provider])
        and variant.name in wanted.get("name", [variant.name])
    )


def _files(state: LoopbackCatalogue, model: str) -> dict[str, bytes]:
    return next(variant.files for variant in state.variants if variant.name == model)
