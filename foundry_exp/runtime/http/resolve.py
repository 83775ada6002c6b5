"""From an alias to the exact id that a service lists."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from foundry_exp.errors import BackendError, near
from foundry_exp.protocols import ModelRequest
from foundry_exp.runtime.models import variants

# `phi-4-mini-cuda-gpu:5` is a variant of phi-4-mini; catalogue names often end with what they were tuned for
_DEVICE = re.compile(r"(?:-[a-z0-9]+)?-(?:cpu|gpu|npu)$", re.IGNORECASE)
_TUNED = ("", "-instruct", "-chat", "-it")


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
    named = [known for known in ids if _name_of(known).casefold() == alias.casefold()]
    return named or [known for known in ids if alias_of(known).casefold() in wanted]


def resolve(offered: Offered, model: ModelRequest) -> str:
    """The one id that is meant. Raises BackendError, or SkipCellError when only the accelerator is missing."""
    if model.variant or model.alias in offered.ids:
        return _exact(offered, model.variant or model.alias)
    fitting = candidates(offered.ids, model.alias)
    if not fitting:
        raise BackendError("not_found", _not_found(offered, model.alias))
    if model.device is not None:
        return variants.choose(fitting, model.alias, model.accel, model.device, model.prefer)
    return _only(fitting, offered, model.alias)


def _exact(offered: Offered, model_id: str) -> str:
    if offered.ids and model_id not in offered.ids:
        raise BackendError("not_found", _not_found(offered, model_id))
    return model_id


def _only(fitting: Sequence[str], offered: Offered, alias: str) -> str:
    """The one that is loaded, or the newest version of the one name; else it is ambiguous."""
    loaded = [known for known in fitting if known in offered.loaded]
    if len(loaded) == 1:
        return loaded[0]
    if len({_name_of(known) for known in fitting}) == 1:
        return max(fitting, key=variants.version_of)
    listed = ", ".join(sorted(fitting))
    msg = f"{offered.where}: {alias} could be {listed}; choose with accel=cpu or accel=gpu, or pin model.variant."
    raise BackendError("ambiguous_model", msg)


def _not_found(offered: Offered, wanted: str) -> str:
    way_out = near(wanted, offered.ids) if offered.ids else "it lists no model"
    return f"{offered.where}: has no model {wanted}; {way_out}"
