"""Any OpenAI-compatible service at an address: Foundry of any generation, here or elsewhere, or another server."""

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from foundry_exp.errors import BackendError, ConfigError
from foundry_exp.protocols import ChatRequest, Clock, Event, LoadedModel, ModelRequest, one_token
from foundry_exp.runtime.http import address
from foundry_exp.runtime.machine.environment import installed
from foundry_exp.runtime.models import variants

if TYPE_CHECKING:  # importing openai takes 0.5-0.8 s of CPU, so `load` does it
    from foundry_exp.runtime.http.client import ChatClient
    from foundry_exp.runtime.http.discovery import Generation


class EndpointBackend:
    """Measures a service that somebody else started."""

    def __init__(
        self,
        base_url: str | None,
        api_key_env: str,
        connect_timeout_s: float,
        load_timeout_s: float,
        quick_ack: bool,
        end_reasons: Sequence[str] = (),
    ) -> None:
        """Keep the address; `api_key_env` names the environment variable that holds the key.

        `end_reasons`: the finish reasons, or `missing`, that end an answer as well as stop, length and tool_calls.
        """
        self._base_url = base_url
        self._api_key_env = api_key_env
        self._connect_timeout_s = connect_timeout_s
        self._load_timeout_s = load_timeout_s
        self._quick_ack = quick_ack
        self._end_reasons = end_reasons
        self._client: ChatClient | None = None
        self._model_id = ""

    def load(self, model: ModelRequest) -> LoadedModel:
        """Find out what answers there, which id is meant, and that it is loaded."""
        client = self._connect()
        try:
            return self._load(client, model)
        except BaseException:
            self.unload()
            raise

    def stream(self, request: ChatRequest, clock: Clock) -> Iterator[Event]:
        """Answer one prompt; its events come when it has ended, with the times they came at."""
        if self._client is None:
            raise BackendError("not_loaded", "backend.endpoint: no model is loaded; call load first.")
        return self._client.chat(self._model_id, request, clock)

    @property
    def stamped_by(self) -> dict[str, int]:
        """How many chats since loading have their times from what: see `request_trace.StampedBy`."""
        return {str(by): chats for by, chats in self._client.stamped_by.items()} if self._client else {}

    def unload(self) -> None:
        """Close the connections; the model stays loaded in the service, which is not ours."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def _connect(self) -> "ChatClient":
        if not self._base_url:
            msg = f"{address.KEY}: not set; set it, or FOUNDRY_LOCAL_ENDPOINT, to an address like http://host:5273/v1."
            raise ConfigError(msg)
        service = address.parse(self._base_url)
        from foundry_exp.runtime.http.client import ChatClient
        from foundry_exp.runtime.http.transport import SocketOptions

        self.unload()
        options = SocketOptions(quick_ack=self._quick_ack)
        self._client = ChatClient(
            service,
            self._api_key_env,
            self._connect_timeout_s,
            clock=time.perf_counter_ns,
            options=options,
            end_reasons=self._accepted(),
        )
        return self._client

    def _accepted(self) -> frozenset[str]:
        if isinstance(self._end_reasons, str) or not all(isinstance(reason, str) for reason in self._end_reasons):
            msg = f"backend.end_reasons: got {self._end_reasons!r}; give a list of names, such as [missing,abort]."
            raise ConfigError(msg)
        return frozenset(reason.casefold() for reason in self._end_reasons)

    def _load(self, client: "ChatClient", model: ModelRequest) -> LoadedModel:
        from foundry_exp.runtime.http import discovery
        from foundry_exp.runtime.http.transport import CAN_QUICK_ACK

        kind = discovery.generation(client)
        client.is_foundry = kind == "foundry"
        client.warm_url = discovery.status_url(client, kind)
        before = discovery.loaded(client, kind)
        self._model_id = self._resolve(client, kind, model, before or [])
        self._ensure_loaded(client, kind, model)
        trip = discovery.round_trip(client)
        return LoadedModel(
            variant=self._model_id,
            device=variants.device_of(self._model_id),
            runtime={
                "service": kind,
                "openai": str(installed("openai")),
                "rtt_ms": f"{trip.ms:.3f}",
                "acknowledges": "at once" if self._quick_ack and CAN_QUICK_ACK else "as the system does",
                "stamped_by": "kernel" if trip.kernel else "clock",
                "already_loaded": str(before is None or self._model_id in before).lower(),
                **({"end_reasons": ", ".join(sorted(self._accepted()))} if self._end_reasons else {}),
            },
        )

    def _resolve(self, client: "ChatClient", kind: "Generation", model: ModelRequest, before: list[str]) -> str:
        from foundry_exp.runtime.http import discovery

        ids = discovery.ids(client)
        if not ids and not before:
            return model.variant or model.alias  # the service has no list; the first chat shows whether it knows it
        if kind == "foundry" and not model.variant and not discovery.candidates(ids, model.alias):
            # an alias need not resemble its ids (mistral-7b-v0.2): loading by alias shows which one it is
            discovery.ask_to_load(client, kind, model.alias, self._load_timeout_s)
            new = [one for one in discovery.loaded(client, kind) or [] if one not in before]
            if len(new) == 1:
                return new[0]
        return discovery.resolve(discovery.Offered(ids, before, client.where), model)

    def _ensure_loaded(self, client: "ChatClient", kind: "Generation", model: ModelRequest) -> None:
        from foundry_exp.runtime.http import discovery

        if self._model_id in (discovery.loaded(client, kind) or []):
            return
        alias = discovery.alias_of(self._model_id) if self._model_id == model.alias or model.variant else model.alias
        name = self._model_id if kind == "foundry 0.x" else alias
        discovery.ask_to_load(client, kind, name, self._load_timeout_s)
        if self._model_id not in (discovery.loaded(client, kind) or []):
            self._probe(client)

    def _probe(self, client: "ChatClient") -> None:
        """One token, only where the service does not say that the model is loaded: it would spoil a cold TTFT."""
        try:
            list(client.chat(self._model_id, one_token(self._load_timeout_s), time.perf_counter_ns))
        except BackendError as error:
            if error.error_class.startswith("timeout"):
                msg = f"{client.where}: {self._model_id} gave no token; raise backend.load_timeout_s."
                raise BackendError("timeout_load", msg) from error
            if "must be loaded" not in str(error):
                raise
            msg = (
                f"{client.where}: {self._model_id} is not loaded; on its host run: foundry model load {self._model_id}"
            )
            raise BackendError("not_loaded", msg, http_status=error.http_status) from error
