"""What a service says went wrong, in whatever form: one reading for the events of a stream, answers and refusals."""

import json
import re
from typing import Any

from foundry_exp.errors import BackendError

NO_MESSAGE = "no message"
_SHOWN_CHARS = 300
_DEPTH = 5
_WORDS = (
    "message",
    "detail",
    "msg",
    "error",
    "errors",
    "error_message",
    "error_msg",
    "error_type",
    "title",
    "reason",
    "response",
)
_ERROR_FIELD = re.compile(r"^\w*(?:error|exception|fault)\s*:(.*)", re.IGNORECASE | re.MULTILINE)
_ERROR_NAME = re.compile("error|exception|fault|fail|abort", re.IGNORECASE)
_SENTENCE = re.compile(r"^[^:{]+ [^:]*(?::|$)", re.MULTILINE)  # no field of the protocol has a space in its name
_PAGE = re.compile(r"\s*<(?:!doctype|html|head|body|\?xml)\b", re.IGNORECASE)
_TAGS = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.IGNORECASE | re.DOTALL)
_OVERFLOW = re.compile("context (?:length|size|window)")


def words(said: Any, *, failed: bool = False) -> str | None:
    """The service's words where `said`, JSON or text, is an error, perhaps none; null where it is not.

    `failed`: that it is one is already plain, from a status or an event's name.
    """
    if isinstance(said, str):
        if _PAGE.match(said):
            return shorten(_TAGS.sub(" ", said))
        return shorten(said) if failed else None
    if failed or (isinstance(said, dict) and _is_error(said)):
        return shorten(_told(said, _DEPTH))
    return None


def stray_words(text: str) -> str | None:
    """The same for lines of an event stream that belong to no event: a field `error:`, bare JSON, a page."""
    field = _ERROR_FIELD.search(text)
    return words(value(field[1]), failed=True) if field else words(value(text), failed=bool(_SENTENCE.search(text)))


def is_error_name(event: str) -> bool:
    """Whether an event is an error by its name."""
    return _ERROR_NAME.search(event) is not None


def raised(where: str, told: str, http_status: int | None = None) -> BackendError:
    """An error that the service sent instead of its answer, or of the rest of it."""
    if is_overflow(told):
        return overflow(where, told, http_status)
    msg = f"{where}: the service stopped with: {told or NO_MESSAGE}; see its log."
    return BackendError("stream_error", msg, http_status=http_status)


def is_overflow(told: str) -> bool:
    """Whether the prompt is longer than the model can take."""
    return _OVERFLOW.search(told) is not None


def overflow(where: str, told: str, http_status: int | None = None) -> BackendError:
    """The error of a prompt that is too long."""
    msg = f"{where}: {told}; shorten the prompt or lower generation.max_tokens."
    return BackendError("context_overflow", msg, http_status=http_status)


def shorten(text: str) -> str:
    """A service's words on one line, cut to what a table can hold."""
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN_CHARS else line[:_SHOWN_CHARS] + "…"


def value(text: str) -> Any:
    """The JSON that a text holds, or the text itself."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _is_error(said: dict[str, Any]) -> bool:
    for key, content in said.items():
        if content and key.startswith("error"):
            return True
    if said.get("object") == "error" or said.get("type") == "error":
        return True
    if choices := said.get("choices"):
        first = choices[0] if isinstance(choices, list) else None
        return isinstance(first, dict) and any(_holds_error(first, part) for part in ("", "delta", "message"))
    return bool(said.get("detail")) or any(isinstance(said.get(key), str) for key in ("message", "msg", "title"))


def _holds_error(choice: dict[str, Any], part: str) -> bool:
    held = choice.get(part) if part else choice
    return isinstance(held, dict) and bool(held.get("error"))


def _told(said: Any, depth: int) -> str:
    """The words within an error, with the place that FastAPI puts beside them."""
    if isinstance(said, str):
        return said
    if depth == 0:
        return ""
    if isinstance(said, list):
        return "; ".join(filter(None, (_told(one, depth - 1) for one in said)))
    if not isinstance(said, dict):
        return ""
    keys = ("choices", "delta", *_WORDS) if said.get("choices") or "delta" in said else _WORDS
    told = next((found for key in keys if (found := _told(said.get(key), depth - 1))), "")
    place = said.get("loc")
    return f"{'.'.join(map(str, place))}: {told}" if isinstance(place, list) and told else told
