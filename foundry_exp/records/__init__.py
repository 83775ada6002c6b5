"""Every type that is written, and the files that it is written to.

A backend, scorer or tracker of a user's own imports the types from here.
"""

from foundry_exp.records.distribution import Distribution, Interval
from foundry_exp.records.record import Message, Record, RequestError, Sample, Usage
from foundry_exp.records.run_result import ModelFacts, RunResult
from foundry_exp.records.score import Score, Standing

__all__ = [
    "Distribution", "Interval", "Message", "ModelFacts", "Record", "RequestError", "RunResult", "Sample", "Score",
    "Standing", "Usage",
]  # fmt: skip
