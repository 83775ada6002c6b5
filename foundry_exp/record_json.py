"""Records as JSON and back."""

import json
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import PydanticSerializationError


@cache
def adapter(kind: type[Any]) -> TypeAdapter[Any]:
    """The reader and writer of one record type, built once."""
    return TypeAdapter(kind)


def to_json(value: Any) -> bytes:
    """A record as one line of JSON; half a surrogate pair, which a model may write and no file holds, is U+FFFD."""
    try:
        return adapter(value.__class__).dump_json(value, by_alias=True)
    except PydanticSerializationError:
        text = json.dumps(adapter(value.__class__).dump_python(value, by_alias=True), ensure_ascii=False)
        # by way of UTF-16, so that a pair whose halves came in two events is whole again
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()


def plain(value: Any) -> Any:
    """A record as lists, mappings and plain values."""
    return json.loads(to_json(value))
