"""Files that outlive a kill and a power cut: replaced whole, or added to by whole lines, and brought to the disk."""

import os
from contextlib import suppress
from pathlib import Path

from foundry_exp.errors import StoreError


def write_whole(path: Path, text: str) -> None:
    """Replace a text so that a reader, or a power cut, sees the old one or the new one."""
    write_whole_bytes(path, text.encode("utf-8", "replace"))


def write_whole_bytes(path: Path, content: bytes) -> None:
    """The same of any file."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        with suppress(OSError):  # nothing can be removed from a read-only disk either
            draft.unlink(missing_ok=True)
        msg = f"{path}: cannot be written ({error.strerror}); free some disk space or check its rights."
        raise StoreError(msg) from error


def append_line(path: Path, line: bytes) -> None:
    """Add one line to a file; it is on disk when this returns."""
    try:
        is_new = not path.exists()
        with path.open("ab") as file:
            file.write(line + b"\n")
            file.flush()
            os.fsync(file.fileno())
        if is_new:
            sync_folder(path.parent)
    except OSError as error:
        msg = f"{path}: cannot be added to ({error.strerror}); free some disk space, then run again."
        raise StoreError(msg) from error


def cut_torn_line(path: Path) -> None:
    """Cut off a last line that a kill left half written, so that the next one starts a line of its own."""
    if not path.exists():
        return
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole == len(content):
        return
    with path.open("r+b") as file:
        file.truncate(whole)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Bring a new or renamed file's name to the disk: syncing the file alone does not. Windows needs no such step."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_bytes(path: Path) -> bytes:
    """A file's content; FileNotFoundError is left to the caller, who knows what its absence means."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as error:
        msg = f"{path}: cannot be read ({error.strerror}); check its rights."
        raise StoreError(msg) from error


def read_fact(path: Path) -> str | None:
    """What a file of the system says; null where it is not there, or fails while a CPU or sensor sleeps."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError:
        return None
