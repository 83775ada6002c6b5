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
_NONE = ("", "null", "none")


def read(reason: Any, where: str) -> End | None:
    """What a chunk's or an answer's `finish_reason` says; null where it says nothing yet. Raises for a bad one."""
    # some versions of SGLang send an object with a type
    name = reason.get("type") if isinstance(reason, dict) else reason
    if not name or (isinstance(name, str) and name.strip().casefold() in _NONE):
        return None
    letters = "".join(filter(str.isalpha, name.casefold())) if isinstance(name, str) else ""
    end = _MEANS.get(letters.removeprefix("finishreason"))
    if end is None:
        got = shorten(reason if isinstance(reason, str) else json.dumps(reason))
        msg = f"{where}: the answer ended with finish_reason {got!r}, not stop, length or tool_calls; see its log."
        raise BackendError("end_reason", msg)
    return end


def missing(where: str) -> BackendError:
    """The error of an answer that says nowhere why it ended."""
    msg = f"{where}: the answer ended without a finish_reason, so it may be cut; see the service's log."
    return BackendError("end_missing", msg)
