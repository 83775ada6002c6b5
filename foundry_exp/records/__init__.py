"""Every type that is written, and the files that it is written to.

A backend, scorer or tracker of a user's own imports the types from here. A type is made when it is asked for: all of
them take 8 ms, and the process that holds a model writes records alone.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from foundry_exp.records.distribution import Distribution, Interval
    from foundry_exp.records.record import Message, Record, RequestError, Sample, Usage
    from foundry_exp.records.run_result import AttemptFacts, ModelFacts, RunResult
    from foundry_exp.records.score import Score, Scored, Standing

__all__ = [
    "AttemptFacts", "Distribution", "Interval", "Message", "ModelFacts", "Record", "RequestError", "RunResult",
    "Sample", "Score", "Scored", "Standing", "Usage",
]  # fmt: skip
_HOMES = ("record", "score", "distribution", "run_result")


def __getattr__(name: str) -> object:
    if name in __all__:
        modules = (import_module(f"{__name__}.{home}") for home in _HOMES)
        return next(getattr(module, name) for module in modules if hasattr(module, name))
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
