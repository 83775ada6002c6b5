"""What spreadsheets and editors make of a file: of its encoding, of its texts and of the scores that people type."""

import codecs
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foundry_exp.errors import ConfigError
from foundry_exp.records.score import BEST, POINTS, SCALE, WORST

MAX_FILE_BYTES = 50_000_000
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_DATE = re.compile(
    r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|\d{1,2}[./ -][A-Za-zÀ-ÿ]{3,9}\.?([./ -]\d{2,4})?|[A-Za-zÀ-ÿ]{3,9}\.?[./ -]\d{1,4}"
)
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?([eE][+-]?\d{1,4})?")
_NOTHING = frozenset({"", "-", "–", "—"})
SHOWN_CHARACTERS = 40
_CHANGED = re.compile(r"['\t\r]|\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\d\s.,:/%()eE-]+\Z")
"""What a spreadsheet takes for a formula, a number or a date; and the apostrophe that says that it is none."""


@dataclass(frozen=True, slots=True)
class Text:
    """A file's text, and what was taken for granted in reading it."""

    content: str
    note: str | None = None


def read_text(path: Path) -> Text:
    """The text of a filled file, or ConfigError when it is none."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            msg = f"{path}: larger than {MAX_FILE_BYTES // 1_000_000} MB, which no export is; name another file."
            raise ConfigError(msg)
        content = path.read_bytes()
    except FileNotFoundError as error:
        msg = f"{path}: there is no such file; give a filled .csv or .jsonl file."
        raise ConfigError(msg) from error
    except OSError as error:
        msg = f"{path}: cannot be read ({error.strerror}); give a filled .csv or .jsonl file."
        raise ConfigError(msg) from error
    if content.startswith(_WORKBOOKS):
        msg = f"{path}: a spreadsheet's own workbook; save it as CSV (UTF-8) and import that."
        raise ConfigError(msg)
    return decoded(content)


def decoded(content: bytes) -> Text:
    """UTF-8 and UTF-16 as they say; what is neither is read as Windows-1252, with a note."""
    encoding = _UTF16.get(content[:2]) or _unmarked_utf16(content)
    if encoding:
        return Text(content.decode(encoding, "replace").removeprefix("\ufeff"))
    try:
        return Text(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        note = "not UTF-8, so it is read as Windows-1252; letters in comments may be wrong"
        return Text(content.decode("cp1252", "replace"), note)


def _unmarked_utf16(content: bytes) -> str | None:
    """UTF-16 without a mark: every other byte of its Latin letters is zero."""
    head = content[:200]
    if len(head) > 1 and not head[0::2].strip(b"\0"):
        return "utf-16-be"
    return "utf-16-le" if len(head) > 1 and not head[1::2].strip(b"\0") else None


def points_in_cell(written: Any) -> float | None:
    """The points that a person typed; null of nothing; ValueError says what else it is."""
    if written is None:
        return None
    if isinstance(written, str):
        return _from_text(written)
    if isinstance(written, int | float) and not isinstance(written, bool):
        return _checked(float(written) if abs(written) <= BEST else math.inf, written)
    raise ValueError(_not_whole(written))


def _from_text(written: str) -> float | None:
    text = written.replace("\u00a0", " ").strip().removeprefix("'").strip()
    if text in _NOTHING:
        return None
    if _NUMBER.fullmatch(text):
        return _checked(float(text.replace(",", ".")), written)
    if _DATE.fullmatch(text):
        msg = f"{shortened(repr(written))} is a date, which a spreadsheet makes of some numbers; type the score again."
        raise ValueError(msg)
    raise ValueError(_not_whole(written))


def _not_whole(written: Any) -> str:
    return f"must be a whole number from {SCALE}, got {shortened(repr(written))}; change it."


def _checked(value: float, written: Any) -> float:
    if not WORST <= value <= BEST:
        msg = f"must be from {SCALE}, got {shortened(repr(written))}; change it."
        raise ValueError(msg)
    if value not in POINTS:
        msg = f"must be a whole number, got {shortened(repr(written))}; choose the nearer one."
        raise ValueError(msg)
    return value


def shortened(text: str) -> str:
    """As much of a text as a complaint about it shows."""
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"


def protected(text: str) -> str:
    """Text that a spreadsheet takes for text: an apostrophe before what it would compute or change."""
    return f"'{text}" if _CHANGED.match(text) else text


def unprotected(text: str) -> str:
    """What `protected` was given."""
    return text.removeprefix("'")
