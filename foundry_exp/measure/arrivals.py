"""Arrivals: in which order and at which times the requests of a cell are made."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from foundry_exp.measure.one_request import PlannedRequest
from foundry_exp.metrics.request import request_metrics
from foundry_exp.protocols import Clock
from foundry_exp.records.record import Record, Sample

Requests = Sequence[PlannedRequest]
Ask = Callable[[PlannedRequest, int | None], Record | None]
"""Make one request, which was due at that time, null when it was not scheduled; null if a stop left it unanswered."""

STEADY_OF = 3
STEADY_WITHIN = 0.10
STEADY_RULE = f"the last {STEADY_OF} requests' times per token within {STEADY_WITHIN:.0%} of the smallest"


@dataclass(frozen=True, slots=True)
class Shape:
    """How requests follow each other: so many at once, or on a schedule whatever is still under way."""

    concurrency: int
    rate_per_s: float | None
    arrivals: Literal["constant", "poisson"]
    seed: int


def measured_requests(samples: Sequence[Sample], rounds: int, seed: int) -> Iterator[PlannedRequest]:
    """Every prompt once a round, shuffled anew, so that drift does not hit one prompt."""
    order = random.Random(seed)
    for round_ in range(rounds):
        for sample in order.sample(samples, len(samples)):
            yield PlannedRequest(sample, round_, "measure")


def warm_up(
    samples: Sequence[Sample], least: int, most: int, ask: Ask, stopped: Callable[[], bool]
) -> Iterator[Record]:
    """Ask the prompts in turn until the time per token is steady, at least and at most so often."""
    done: list[Record] = []
    for number in range(most if least else 0):
        if stopped() or (number >= least and is_steady(done)):
            return
        record = ask(PlannedRequest(samples[number % len(samples)], 0, "warmup"), None)
        if record is None:
            return
        done.append(record)
        yield record


def is_steady(records: Sequence[Record]) -> bool:
    """Whether the last three requests' times per token agree within 10 % of the smallest."""
    paces_ms = [pace for record in records[-STEADY_OF:] if (pace := _ms_per_token(record)) is not None]
    return len(paces_ms) == STEADY_OF and max(paces_ms) <= (1 + STEADY_WITHIN) * min(paces_ms)


def _ms_per_token(record: Record) -> float | None:
    """Time per output token, or e2e / N without streaming."""
    timing = request_metrics(record)
    if timing.tpot_ms is not None:
        return timing.tpot_ms
    return timing.e2e_ms / timing.tokens if timing.e2e_ms is not None and timing.tokens else None


def drive(requests: Requests, shape: Shape, ask: Ask, clock: Clock, stopped: Callable[[], bool]) -> Iterator[Record]:
    """Make all requests in the shape asked for, and hand each record over as it is done."""
    if shape.rate_per_s is None and shape.concurrency == 1:
        for planned in requests:  # on this thread: another one would put its switches into the stamps
            record = None if stopped() else ask(planned, None)
            if record is None:
                return
            yield record
    else:
        from foundry_exp.measure import overlapping  # 4 ms, with its threads

        yield from overlapping.drive(requests, shape, ask, clock, stopped)
