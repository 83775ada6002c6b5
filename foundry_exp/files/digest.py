"""Identity of content: equal values have equal digests, whatever the file that holds them looks like."""

import hashlib
import json
from typing import Any


def digest_of(value: Any) -> str:
    """First 16 hex digits of the SHA-256 of a value as canonical JSON."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]
