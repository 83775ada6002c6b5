"""What running a model needs of the Foundry Local SDK, and what its log says of each request."""

import re

from foundry_exp.models.resolve import find
from foundry_exp.models.runtime import APP_NAME, LOG_GLOB, opened, plain, translated

__all__ = ["APP_NAME", "LOG_GLOB", "find", "opened", "plain", "providers", "translated"]

_PROVIDER = re.compile(rb"\[Telemetry\] Model .*?\bEP=(\S+)")


def providers(log: bytes) -> list[str]:
    """The execution provider of each request, as the runtime's own log has it."""
    return [match.decode("utf-8", "replace") for match in _PROVIDER.findall(log)]
