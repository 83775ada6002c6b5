"""Untrusted text made harmless for each kind of output; models and logs may say anything."""

import re
import unicodedata
from collections.abc import Sequence

SAMPLE_CHARACTERS = 160

_ANSI = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor moves
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"  # OSC and DCS: titles, links
    r"|\x1b[ -/]*[0-~]"
)
_JOINERS = "\u200c\u200d"  # emoji and several scripts are spelt with them
_MARKDOWN = re.compile(r"([\\`*\[\]|~]|(?<!\w)_|_(?!\w))")
_FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]")


def one_line(text: str) -> str:
    """Text on one line, without terminal sequences, control characters or direction overrides."""
    if not text.isprintable():
        text = "".join(_visible(character) for character in _ANSI.sub("", text))
    return " ".join(text.split())


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if category in {"Zl", "Zp"} or character in "\t\n\r\v\f\x85":
        return " "
    if category == "Cs":
        return "\ufffd"
    return "" if category in {"Cc", "Cf"} and character not in _JOINERS else character


def sample(text: str) -> str:
    """The first 160 characters of an answer, on one line."""
    return one_line(text)[:SAMPLE_CHARACTERS].rstrip()


def excerpt(text: str) -> str:
    """The first 160 characters of an answer, with its end marked when it was cut."""
    return sample(text) + ("…" if len(one_line(text)) > SAMPLE_CHARACTERS else "")


def markdown(text: str) -> str:
    """Text that Markdown shows as it is: no table cell, HTML, link, mention or emphasis comes of it."""
    safe = one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    safe = _MARKDOWN.sub(r"\\\1", safe)
    safe = safe.replace("://", r"\://").replace("www.", r"www\.")
    return safe.replace("@", "@\u200b")  # an invisible space, or a hosting site would notify somebody


def spreadsheet(text: str) -> str:
    """Text that a spreadsheet does not take for a formula."""
    safe = one_line(text)
    return f"'{safe}" if _FORMULA.match(safe) or text[:1] in {"\t", "\r"} else safe


def sentence(text: str) -> str:
    """Text on one line, closed by a full stop."""
    line = one_line(text)
    return line if not line or line[-1] in ".!?…" else f"{line}."


def listed(parts: Sequence[str], last: str = "and") -> str:
    """`a, b and c`."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {last} {parts[-1]}"


def first_few(names: Sequence[str], most: int) -> str:
    """`a, b, c and 4 more`."""
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")


def counted(number: int, what: str) -> str:
    """`1 cell`, `3 cells`."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def lines(text: str) -> str:
    """Text whose line breaks are kept, each line made harmless by itself."""
    return "\n".join(one_line(line) for line in re.split(r"\r\n|[\r\n\x85\u2028\u2029]", text)).strip()
