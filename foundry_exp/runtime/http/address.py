"""From what a user calls the address of a service to the URLs that are asked."""

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit, urlunsplit

from foundry_exp.errors import ConfigError

KEY = "backend.base_url"
_V1_TAIL = re.compile(r"(?:/v1)+$")
_ROUTE_TAIL = re.compile(r"/(?:chat/completions|completions|models|responses)$")
_LOCAL_CATALOGUE = "/catalogs/local"


@dataclass(frozen=True, slots=True)
class Address:
    """The URLs of one service, without a slash at the end."""

    base: str
    """What the openai client is given: ends with one `/v1`."""
    root: str
    """Beside `/v1`: where `/models/load` is."""
    site: str
    """Where `/status` is: the root without `/catalogs/local`."""


def parse(url: str) -> Address:
    """One `/v1`, whatever the user wrote; prefixes such as `/catalogs/local/v1` are kept."""
    text = url.strip()
    split = _split(text if "://" in text else f"http://{text}")
    path = _V1_TAIL.sub("", _ROUTE_TAIL.sub("", re.sub(r"/{2,}", "/", split.path).rstrip("/")))
    root = urlunsplit((split.scheme, split.netloc, path, "", ""))
    site = root.removesuffix(_LOCAL_CATALOGUE)
    return Address(base=f"{root}/v1", root=root, site=site)


def _split(url: str) -> SplitResult:
    try:
        split = urlsplit(url)
        usable = split.scheme in ("http", "https") and bool(split.hostname) and (split.port is None or split.port > 0)
    except ValueError:
        usable = False
    if not usable:
        msg = f"{KEY}: {public(url)!r} is no http address; write it as http://127.0.0.1:5273/v1."
        raise ConfigError(msg)
    return urlsplit(url)


def public(url: str) -> str:
    """The URL without user name, password or query: what a message or a file may show."""
    try:
        split = urlsplit(url)
    except ValueError:
        return "the address"
    return urlunsplit((split.scheme, split.netloc.rpartition("@")[2], split.path, "", ""))
