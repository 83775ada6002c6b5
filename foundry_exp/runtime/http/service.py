"""The SDK's own web service in a process of its own, measured from this one as any endpoint is."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from foundry_exp.errors import BackendError
from foundry_exp.protocols import ChatRequest, Clock, Event, LoadedModel, ModelRequest
from foundry_exp.runtime.http.endpoint import EndpointBackend
from foundry_exp.runtime.models import request
from foundry_exp.runtime.worker import Step, Worker

_MODULE = "foundry_exp.runtime.http.serve"
_CLOSE_S = 10.0


class ServiceBackend:
    """Starts the service with one model, and ends it."""

    def __init__(
        self,
        data_dir: str,
        cache_dir: str,
        connect_timeout_s: float,
        load_timeout_s: float,
        quick_ack: bool,
        catalogue_url: str | None = None,
        cache_only: bool = False,
    ) -> None:
        """Name the folders of the runtime; nothing is started yet. `cache_only` keeps the service from the network."""
        self._data_dir = data_dir
        self._cache_dir = cache_dir
        self._connect_timeout_s = connect_timeout_s
        self._load_timeout_s = load_timeout_s
        self._quick_ack = quick_ack
        self._catalogue_url = catalogue_url
        self._cache_only = cache_only
        self._service: Worker | None = None
        self._endpoint: EndpointBackend | None = None

    @property
    def model_pid(self) -> int | None:
        """The process that runs the model: known as soon as it is started, before the model is loaded."""
        return self._service.pid if self._service else None

    @property
    def exit_code(self) -> int | None:
        """Of the service's process; null while it runs, and before it was started."""
        return self._service.poll() if self._service else None

    def load(self, model: ModelRequest) -> LoadedModel:
        """Start the service, have it load the model, and attach to it."""
        self.unload()
        self._service = Worker.start(_MODULE, self._job(model), name="the service's process")
        try:
            return self._attach(model, self._service.answer(self._load_timeout_s, "loading the model"))
        except BaseException:
            self.unload()
            raise

    def stream(self, request: ChatRequest, clock: Clock) -> Iterator[Event]:
        """Answer one prompt over HTTP."""
        if self._endpoint is None:
            raise BackendError("not_loaded", "backend.service: no model is loaded; call load first.")
        return self._endpoint.stream(request, clock)

    def unload(self) -> None:
        """Close the connections and end the service."""
        endpoint, self._endpoint = self._endpoint, None
        service, self._service = self._service, None
        if endpoint is not None:
            endpoint.unload()
        if service is not None:
            service.end(_CLOSE_S)

    def _job(self, model: ModelRequest) -> dict[str, Any]:
        return {
            "data_dir": self._data_dir,
            "catalogue_url": self._catalogue_url,
            "cache_only": self._cache_only,
            "cache_dir": self._cache_dir,
            "model": request.to_json(model),
        }

    def _attach(self, model: ModelRequest, serving: Step) -> LoadedModel:
        facts = serving["loaded"]
        self._endpoint = EndpointBackend(
            base_url=serving["base_url"],
            api_key_env="",
            connect_timeout_s=self._connect_timeout_s,
            load_timeout_s=self._load_timeout_s,
            quick_ack=self._quick_ack,
        )
        seen = self._endpoint.load(replace(model, variant=facts["variant"], path=None))
        # `already_loaded` is the attached view; this service was started for the model
        runtime = {**facts["runtime"], **seen.runtime, "already_loaded": "false"}
        path = Path(facts["path"]) if facts["path"] else None
        return LoadedModel(**{**facts, "path": path, "runtime": runtime})
