"""Versions of installed packages."""

from functools import cache


@cache
def installed(name: str) -> str | None:
    """Version of a package; null when it is not there. Looked up once a process, since each look reads a file."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return None
