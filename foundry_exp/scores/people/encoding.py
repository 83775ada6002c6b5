"""The text of a file that came back from somebody's spreadsheet or editor, in whichever encoding it was saved."""

import codecs
from dataclasses import dataclass
from pathlib import Path

from foundry_exp.errors import ConfigError

MAX_FILE_BYTES = 50_000_000
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


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
