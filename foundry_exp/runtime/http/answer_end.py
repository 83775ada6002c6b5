"""What the end of an answer means: the model was done, it was cut off by its limit, or the answer failed."""

import json
from typing import Any, Literal

from foundry_exp.errors import BackendError
from foundry_exp.runtime.http.service_error import shorten

End = Literal["stop", "length", "tool_calls"]

_SPELLINGS: dict[End, str] = {
    "stop": "stop eos eostoken stopsequence stopstring stoptoken endturn endofturn endofsequence endoftext complete"
    " completed",
    "length": "length maxtokens maxlength maxoutputtokens maxnewtokens maxcompletiontokens tokenlimit modellength"
    " contextlength modelcontextwindowexceeded",
    "tool_calls": "toolcalls toolcall tooluse functioncall functioncalls",
}
_MEANS = {spelling: end for end, spellings in _SPELLINGS.items() for spelling in spellings.split()}
MISSING = "missing"
"""What `backend.end_reasons` calls the end of an answer that has no finish_reason."""
_NONE = ("", "null", "none")


def read(reason: Any, where: str, accepted: frozenset[str]) -> str | None:
    """The End that a `finish_reason` says, or an accepted one as sent; null where it says nothing yet. Raises else."""
    # some versions of SGLang send an object with a type
    name = reason.get("type") if isinstance(reason, dict) else reason
    if not name or (isinstance(name, str) and name.strip().casefold() in _NONE):
        return None
    if isinstance(name, str) and (end := meaning(name)):
        return end
    if isinstance(name, str) and name.casefold() in accepted:
        return name.casefold()
    got = shorten(name if isinstance(name, str) else json.dumps(reason))
    raise _bad(
        "end_reason", f"{where}: the answer ended with finish_reason {got!r}, not stop, length or tool_calls", got
    )


def meaning(reason: str) -> End | None:
    """The good end that a reason spells; null for any other."""
    return _MEANS.get("".join(filter(str.isalpha, reason.casefold())).removeprefix("finishreason"))


def missing(where: str) -> BackendError:
    """The error of an answer that says nowhere why it ended."""
    return _bad("end_missing", f"{where}: the answer ended without a finish_reason, so it may be cut", MISSING)


def _bad(error_class: str, what: str, name: str) -> BackendError:
    way_out = f"see the service's log, or accept such answers with 'backend.end_reasons=[{name}]'"
    return BackendError(error_class, f"{what}; {way_out}.")
