"""What kind of service answers, what it has, which of that an alias means, and how it is made to load a model."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Literal, NamedTuple
from urllib.parse import quote

from foundry_exp.errors import BackendError, near
from foundry_exp.protocols import ModelRequest
from foundry_exp.runtime.http import faults
from foundry_exp.runtime.http.client import ChatClient
from foundry_exp.runtime.models import variants

Generation = Literal["foundry", "foundry 0.x", "openai-compatible"]
"""`foundry` is 1.x or 2.x: /status does not tell them apart."""

_PROBE_S = 30.0
_RTT_PROBES = 5
_OK, _NOT_FOUND, _NOT_ALLOWED = 200, 404, 405
_NS_PER_MS = 1e6
# `phi-4-mini-cuda-gpu:5` is a variant of phi-4-mini; catalogue names often end with what they were tuned for
_DEVICE = re.compile(r"(?:-[a-z0-9]+)?-(?:cpu|gpu|npu)$", re.IGNORECASE)
_TUNED = ("", "-instruct", "-chat", "-it")


def generation(client: ChatClient) -> Generation:
    """Which generation of service this is; raises BackendError when nothing answers."""
    site = client.service.site
    status = _json(client, f"{site}/status")
    if isinstance(status, dict) and ("modelCachePath" in status or "endpoints" in status):
        return "foundry"
    if isinstance(_json(client, f"{site}/openai/status"), dict):
        return "foundry 0.x"
    return "openai-compatible"


def status_url(client: ChatClient, kind: Generation) -> str:
    """The cheapest page of the service: new connections are opened with it, and round trips timed."""
    site = client.service.site
    pages: dict[Generation, str] = {"foundry": f"{site}/status", "foundry 0.x": f"{site}/openai/status"}
    return pages.get(kind, f"{client.service.base}/models")


def ids(client: ChatClient) -> list[str]:
    """The ids at /v1/models; empty when the service has no such list."""
    url = f"{client.service.base}/models"
    response, _ = client.get(url, _PROBE_S)
    if response.status_code in (_NOT_FOUND, _NOT_ALLOWED):
        return []
    if response.status_code != _OK:
        raise faults.status(response.status_code, response.headers, "no list of models", client.where)
    listed = _parsed(response)
    entries = listed.get("data") if isinstance(listed, dict) else None
    if not isinstance(entries, list):
        msg = f"{client.where}/models: no list of models; is this an OpenAI-compatible service?"
        raise BackendError("content_type", msg, http_status=response.status_code)
    return [entry["id"] for entry in entries if isinstance(entry, dict) and isinstance(entry.get("id"), str)]


def loaded(client: ChatClient, kind: Generation) -> list[str] | None:
    """The ids that are loaded; null when the service does not say."""
    pages: dict[Generation, str] = {
        "foundry": f"{client.service.root}/models/loaded",
        "foundry 0.x": f"{client.service.site}/openai/loadedmodels",
    }
    listed = _json(client, pages[kind]) if kind in pages else None
    return [name for name in listed if isinstance(name, str)] if isinstance(listed, list) else None


def ask_to_load(client: ChatClient, kind: Generation, name: str, timeout_s: float) -> None:
    """Ask for a model, by alias from a 1.x or 2.x service and by id from a 0.x one; what came of it is looked up."""
    pages: dict[Generation, str] = {
        "foundry": f"{client.service.root}/models/load/{quote(name, safe='')}",
        "foundry 0.x": f"{client.service.site}/openai/load/{quote(name, safe='')}?ttl=600",
    }
    if kind in pages:
        client.get(pages[kind], timeout_s)


class RoundTrip(NamedTuple):
    """A small request on the open connection."""

    ms: float
    """Median of a few: the network's share of a TTFT."""
    kernel: bool
    """Whether the kernel tells when the answer arrived."""


def round_trip(client: ChatClient) -> RoundTrip:
    """Ask for the cheapest page a few times."""
    traces = [client.get(client.warm_url, _PROBE_S)[1] for _ in range(_RTT_PROBES)]
    trips_ns = [trace.read_ns - trace.start_ns for trace in traces]
    return RoundTrip(median(trips_ns) / _NS_PER_MS, kernel=traces[-1].has_arrivals)


def _json(client: ChatClient, url: str) -> Any:
    """The JSON at a URL; null when there is none."""
    response, _ = client.get(url, _PROBE_S)
    return _parsed(response) if response.status_code == _OK else None


def _parsed(response: Any) -> Any:
    try:
        return response.json()
    except (ValueError, RecursionError):
        return None


@dataclass(frozen=True, slots=True)
class Offered:
    """What a service has, and where that was seen."""

    ids: Sequence[str]
    loaded: Sequence[str]
    where: str


def alias_of(model_id: str) -> str:
    """The id without version and device: what `/models/load/` takes."""
    return _DEVICE.sub("", _name_of(model_id))


def _name_of(model_id: str) -> str:
    """The id without its version; a tag that is no number (`llama3.2:latest`) belongs to the name."""
    name, colon, version = model_id.rpartition(":")
    return name if colon and version.isdigit() else model_id


def candidates(ids: Sequence[str], alias: str) -> list[str]:
    """The ids that an alias can mean."""
    wanted = {f"{alias}{tuned}".casefold() for tuned in _TUNED}
    named = [one for one in ids if _name_of(one).casefold() == alias.casefold()]
    return named or [one for one in ids if alias_of(one).casefold() in wanted]


def resolve(offered: Offered, model: ModelRequest) -> str:
    """The one id that is meant. Raises BackendError, or SkipCellError when only the accelerator is missing."""
    fitting = candidates(offered.ids, model.alias)
    if model.variant:
        return _exact(offered, model.variant, model.alias, fitting)
    if model.alias in offered.ids:
        return model.alias
    if not fitting:
        raise BackendError("not_found", _not_found(offered, model.alias))
    if model.device is not None:
        return variants.choose(fitting, model.alias, model.accel, model.device, model.prefer)
    return _only(fitting, offered, model.alias)


def _exact(offered: Offered, model_id: str, alias: str, of_alias: Sequence[str]) -> str:
    """An id that was named, unless it would be shown under the name of another model that is there."""
    if offered.ids and model_id not in offered.ids:
        raise BackendError("not_found", _not_found(offered, model_id))
    if of_alias and model_id not in of_alias:
        msg = (
            f"{offered.where}: {model_id} would be shown as {alias}, which is another one there; "
            f"choose model=custom model.variant={model_id}, or one of {', '.join(sorted(of_alias))}."
        )
        raise BackendError("not_found", msg)
    return model_id


def _only(fitting: Sequence[str], offered: Offered, alias: str) -> str:
    """The one that is loaded, or the newest version of the one name; else it is ambiguous."""
    loaded = [one for one in fitting if one in offered.loaded]
    if len(loaded) == 1:
        return loaded[0]
    if len({_name_of(one) for one in fitting}) == 1:
        return max(fitting, key=variants.version_of)
    listed = ", ".join(sorted(fitting))
    msg = f"{offered.where}: {alias} could be {listed}; choose with accel=cpu or accel=gpu, or pin model.variant."
    raise BackendError("ambiguous_model", msg)


def _not_found(offered: Offered, wanted: str) -> str:
    way_out = near(wanted, offered.ids) if offered.ids else "it lists no model"
    return f"{offered.where}: has no model {wanted}; {way_out}"
