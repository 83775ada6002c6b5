"""A metric of a cell: its value, or the reason why there is none."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from foundry_exp.records.distribution import Distribution, Interval
from foundry_exp.records.run_result import RunResult

NOTHING_MEASURED = "no request was measured"
NOTHING_SUCCEEDED = "no measured request succeeded"
NEEDS_STREAMING = "needs streaming (streaming=on)"
NO_TOKENS = "no answer has a token count"


@dataclass(frozen=True, slots=True)
class Metric:
    """A number or a distribution; null comes with its reason."""

    value: float | Distribution | None
    why_null: str | None = None
    interval: Interval | None = None
    """95 % interval of a share; a distribution carries its own."""


def null(reason: str) -> Metric:
    """A metric without a value."""
    return Metric(None, reason)


def shown(result: RunResult) -> Mapping[str, Any]:
    """A cell's metrics as tables show them: none that are of a device that was not asked for, which run.json keeps."""
    return {} if result.status == "device_mismatch" else result.metrics
