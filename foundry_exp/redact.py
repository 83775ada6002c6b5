"""Secrets kept out of what is shown and written: those within addresses, and those that the environment holds."""

import base64
import os
import re
from urllib.parse import urlsplit

HIDDEN = "***"
_USER = re.compile(r"(?<=://)[^/\s]*@|[^\s/@:'\"]+:[^\s/@'\"]+@(?=[\w.\[])")
_QUERY = re.compile(r"(https?://[^\s?#'\"]*)[?#][^\s'\";)]*")
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_SECRET_NAME = re.compile(r"(KEY|TOKEN|PASSWORD|PASSWD|SECRET)\Z", re.IGNORECASE)
_SHORTEST = 8
"""Of a value that is taken for a secret; a shorter one, such as `none` or `1`, is a word of many sentences."""


def holds_secret(address: str) -> bool:
    """Whether an address has a place where user names, passwords and keys are put."""
    try:
        parts = urlsplit(address if "://" in address else f"http://{address}")
    except ValueError:
        return False  # it is refused as no address
    return "@" in parts.netloc or bool(parts.query or parts.fragment)


def presentable(text: str) -> str:
    """Text that may stand in an error: no secret, and nothing that steers a terminal or turns its words round."""
    return _STEERING.sub("", without_secrets(text))


def without_secrets(text: str) -> str:
    """Text in which no address has a user, a password or a query, and no secret of the environment is left."""
    safe = _QUERY.sub(r"\1", _USER.sub("", text))
    for value in _of_environment():
        safe = safe.replace(value, HIDDEN)
    return safe


def _of_environment() -> list[str]:
    """What variables named …_KEY, …_TOKEN and the like hold; and how a password is sent, which servers may repeat."""
    values = [value.strip() for name, value in os.environ.items() if _SECRET_NAME.search(name)]
    user = os.environ.get("MLFLOW_TRACKING_USERNAME", "")
    basic = [base64.b64encode(f"{user}:{value}".encode("utf-8", "replace")).decode() for value in values]
    return sorted((value for value in {*values, *basic} if len(value) >= _SHORTEST), key=len, reverse=True)
