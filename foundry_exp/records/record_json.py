"""Records as JSON and back."""

import json
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_COMPACT = (",", ":")
Record = TypeVar("Record")


class NotTheRecordError(ValueError):
    """What was read is not the record that it should be: `where.in.it: what is wrong`."""


def adapter(kind: object) -> "TypeAdapter[Any]":
    """The reader of one record type, which also knows its JSON Schema; built once."""
    return _adapter(kind)


@cache
def _adapter(kind: Any) -> "TypeAdapter[Any]":
    from pydantic import TypeAdapter  # 0.1 s, which the process that holds a model has no use for

    return TypeAdapter(kind)


def from_json(kind: type[Record], text: bytes) -> Record:
    """Read one record, or what is made of records; raise NotTheRecordError."""
    reader: TypeAdapter[Record] = adapter(kind)
    return _checked(lambda: reader.validate_json(text))


def from_plain(kind: type[Record], value: object) -> Record:
    """The same of what JSON was already read into."""
    reader: TypeAdapter[Record] = adapter(kind)
    return _checked(lambda: reader.validate_python(value))


def _checked(read: Callable[[], Record]) -> Record:
    from pydantic import ValidationError

    try:
        return read()
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))  # what is no JSON at all is wrong nowhere
        raise NotTheRecordError(": ".join(filter(None, (where, first["msg"])))) from error


def to_json(value: object) -> bytes:
    """A record as one line of JSON.

    NaN and infinity are null; half a surrogate pair, which a model may write and no file holds, is U+FFFD.
    """
    try:
        text = json.dumps(value, default=_fields, allow_nan=False, ensure_ascii=False, separators=_COMPACT)
    except ValueError:
        finite = json.loads(json.dumps(value, default=_fields), parse_constant=lambda _: None)
        text = json.dumps(finite, ensure_ascii=False, separators=_COMPACT)
    try:
        return text.encode()
    except UnicodeEncodeError:
        # by way of UTF-16, so that a pair whose halves came in two events is whole again
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()


def plain(value: object) -> Any:
    """A record as lists, mappings and plain values."""
    return json.loads(to_json(value))


def _fields(record: object) -> dict[str, object]:
    """Of one record; `class_` is `class` in a file."""
    if not is_dataclass(record):
        msg = f"{type(record).__name__} is no kind of value that JSON has"
        raise TypeError(msg)
    return {field.name.rstrip("_"): getattr(record, field.name) for field in fields(record)}
